// A registration response from an untrusted token, up to the point where its
// challenge would be spent.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/u2f_registration_verifier.h"

namespace {

// Valid for any response: only the response is fuzzed.
const u2fi::fido::U2fRegistrationInputs& Template() {
  static const auto* const inputs = [] {
    auto* made = new u2fi::fido::U2fRegistrationInputs;
    made->expected.protocol = u2fi::fido::Protocol::kU2f;
    made->expected.challenge = "c";
    made->expected.origins = {"o"};
    made->client_data =
        R"({"typ":"navigator.id.finishEnrollment","challenge":"Yw",)"
        R"("origin":"o"})";
    return made;
  }();
  return *inputs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view response(reinterpret_cast<const char*>(data), size);
  (void)u2fi::fido::StripStatusWord(response);
  const auto parsed = u2fi::fido::ParseU2fRegistration(response);
  u2fi::fido::U2fRegistrationInputs inputs = Template();
  inputs.response = std::string(response);
  const auto screened = u2fi::fido::ScreenU2fRegistration(inputs);
  // What the verifier takes, the parser takes, and all of it.
  if (screened.ok() && !parsed.ok()) std::abort();
  if (parsed.ok() && 1 + 65 + 1 + parsed->key_handle.size() +
                             parsed->certificate.size() +
                             parsed->signature.size() !=
                         size) {
    std::abort();
  }
  return 0;
}
