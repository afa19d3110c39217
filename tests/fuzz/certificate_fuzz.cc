// A DER certificate, and a certificate request, from an untrusted token or
// gateway.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/certificate_chain.h"
#include "services/common/fido/transports.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using u2fi::crypto::Certificate;
  const absl::string_view der(reinterpret_cast<const char*>(data), size);
  (void)u2fi::crypto::ParseCertificateRequest(der);
  const auto repaired = u2fi::crypto::WithoutUnusedBits(der);
  if (repaired.has_value() && repaired->size() != size) std::abort();
  const auto parsed = Certificate::FromDer(der);
  if (!parsed.ok()) return 0;
  if (parsed->der() != der || repaired.has_value()) std::abort();
  (void)parsed->Key();
  (void)u2fi::fido::TransportsOf(*parsed);
  (void)u2fi::crypto::FollowChain({*parsed, *parsed}, {*parsed},
                                  {absl::UnixEpoch(), true});
  return 0;
}
