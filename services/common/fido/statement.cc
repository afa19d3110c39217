#include "services/common/fido/statement.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/certificate_chain.h"
#include "services/common/crypto/der.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

constexpr char kAaguidExtension[] = "1.3.6.1.4.1.45724.1.1.4";

}  // namespace

std::string StatementInputs::SignedBytes() const {
  return absl::StrCat(authenticator_data_bytes, crypto::View(client_data_hash));
}

absl::Status BadStatement(absl::string_view problem) {
  return Error(reason::kAttestationStatementInvalid, problem);
}

absl::Status BadCertificate(absl::string_view problem) {
  return Error(reason::kAttestationCertInvalid, problem);
}

bool HasExactly(const CborValue& statement,
                std::initializer_list<absl::string_view> members) {
  if (statement.AsMap()->size() != members.size()) return false;
  for (absl::string_view member : members) {
    if (statement.Find(member) == nullptr) return false;
  }
  return true;
}

absl::Status ReadAlgorithm(StatementState& state) {
  const CborValue* alg = state.in.statement.Find("alg");
  if (alg == nullptr || !alg->AsInteger().has_value()) {
    return BadStatement("alg is not an integer");
  }
  ASSIGN_OR_RETURN(state.algorithm, SupportedAlgorithm(*alg->AsInteger()));
  return absl::OkStatus();
}

absl::Status ReadSignatureMember(StatementState& state) {
  const CborValue* sig = state.in.statement.Find("sig");
  if (sig == nullptr || !sig->AsBytes().has_value()) {
    return BadStatement("sig is not a byte string");
  }
  state.signature = *sig->AsBytes();
  return absl::OkStatus();
}

absl::Status ReadCertificates(StatementState& state) {
  const CborValue* x5c = state.in.statement.Find("x5c");
  const auto* items = x5c == nullptr ? nullptr : x5c->AsArray();
  if (items == nullptr || items->empty() ||
      items->size() > crypto::kMaxChainSize) {
    return BadStatement("x5c is not an array of 1 to 6 certificates");
  }
  for (const CborValue& item : *items) {
    if (!item.AsBytes().has_value()) {
      return BadStatement("x5c has something else than byte strings");
    }
    auto certificate =
        ParseAttestationCertificate(*item.AsBytes(), state.in.anchors);
    if (!certificate.ok())
      return BadCertificate(certificate.status().message());
    state.result.chain.push_back(*std::move(certificate));
  }
  return absl::OkStatus();
}

absl::Status CheckLeafSignature(const StatementState& state,
                                absl::string_view message) {
  const auto key = state.leaf().Key();
  if (!key.ok()) return BadCertificate(key.status().message());
  return VerifyWith(*key, state.algorithm, message, state.signature);
}

absl::Status CheckAaguidExtension(StatementState& state) {
  const crypto::Extension* extension =
      state.leaf().FindExtension(kAaguidExtension);
  if (extension == nullptr) return absl::OkStatus();
  const auto aaguid =
      crypto::der::ReadWhole(crypto::der::kOctetString, extension->value);
  if (!extension->critical && aaguid.ok() &&
      *aaguid == state.in.authenticator_data.credential->aaguid) {
    return absl::OkStatus();
  }
  return Error(reason::kAttestationAaguidMismatch,
               "the certificate names another model");
}

absl::Status CheckLeafKeyIsCredential(StatementState& state) {
  const auto key = state.leaf().Key();
  if (key.ok() && *key == state.in.key.key()) return absl::OkStatus();
  return BadStatement("the certificate is for another key than the credential");
}

}  // namespace u2fi::fido
