#include "services/common/fido/common_checks.h"

#include <algorithm>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"

namespace u2fi::fido {
namespace {

absl::string_view ExpectedType(Protocol protocol, Action action) {
  if (protocol == Protocol::kU2f) {
    return action == Action::kRegister ? "navigator.id.finishEnrollment"
                                       : "navigator.id.getAssertion";
  }
  return action == Action::kRegister ? "webauthn.create" : "webauthn.get";
}

bool Contains(const std::vector<std::string>& list,
              const absl::optional<std::string>& value) {
  return value.has_value() &&
         std::find(list.begin(), list.end(), *value) != list.end();
}

bool IsBound(const Expectation::ChannelBinding& binding,
             const ClientData& client_data) {
  const ClientData::ChannelKey& key = client_data.channel_key;
  return client_data.channel_id == ClientData::ChannelId::kKey &&
         key.kty == "EC" && key.crv == "P-256" && key.x == binding.x &&
         key.y == binding.y;
}

}  // namespace

absl::Status CheckClientDataType(const Expectation& expected, Action action,
                                 const ClientData& client_data) {
  const bool is_u2f = expected.protocol == Protocol::kU2f;
  const auto& type = is_u2f ? client_data.typ : client_data.type;
  const auto& other = is_u2f ? client_data.type : client_data.typ;
  if (type == ExpectedType(expected.protocol, action) && !other.has_value()) {
    return absl::OkStatus();
  }
  return Error(reason::kClientDataType, "the client data has another type");
}

absl::Status CheckClientDataChallenge(const Expectation& expected,
                                      const ClientData& client_data) {
  if (!expected.challenge.empty() &&
      crypto::ConstantTimeEquals(client_data.challenge.value_or(""),
                                 crypto::Base64Url(expected.challenge))) {
    return absl::OkStatus();
  }
  return Error(reason::kChallengeMismatch, "it answers another challenge");
}

absl::Status CheckOrigin(const Expectation& expected,
                         const ClientData& client_data) {
  if (Contains(expected.origins, client_data.origin)) return absl::OkStatus();
  return Error(reason::kOriginMismatch, "the origin is not allowed");
}

absl::Status CheckChannelId(const Expectation& expected,
                            const ClientData& client_data) {
  if (expected.protocol != Protocol::kU2f) return absl::OkStatus();
  const bool is_good =
      expected.channel_binding.has_value()
          ? IsBound(*expected.channel_binding, client_data)
          : client_data.channel_id != ClientData::ChannelId::kOther;
  if (is_good) return absl::OkStatus();
  return Error(reason::kChannelIdMismatch,
               "cid_pubkey is not the key of the channel");
}

absl::Status CheckCrossOrigin(const Expectation& expected,
                              const ClientData& client_data) {
  if (expected.protocol != Protocol::kWebAuthn || expected.allow_cross_origin ||
      !client_data.cross_origin.value_or(false)) {
    return absl::OkStatus();
  }
  return Error(reason::kCrossOriginNotAllowed, "crossOrigin is true");
}

absl::Status CheckTopOrigin(const Expectation& expected,
                            const ClientData& client_data) {
  if (expected.protocol != Protocol::kWebAuthn ||
      !client_data.top_origin.has_value() ||
      (expected.allow_cross_origin &&
       Contains(expected.top_origins, client_data.top_origin))) {
    return absl::OkStatus();
  }
  return Error(reason::kTopOriginMismatch, "topOrigin is not allowed");
}

absl::Status CheckUserPresence(const Expectation& expected,
                               const AuthenticatorData& data) {
  if (data.Has(flag::kUserPresent) || !expected.require_user_presence) {
    return absl::OkStatus();
  }
  return Error(reason::kUserPresence, "the token was not touched");
}

absl::Status CheckUserVerification(const Expectation& expected,
                                   const AuthenticatorData& data) {
  const bool is_verified =
      expected.protocol == Protocol::kWebAuthn && data.Has(flag::kUserVerified);
  if (is_verified || !expected.require_user_verification) {
    return absl::OkStatus();
  }
  return Error(reason::kUserVerification, "the user was not verified");
}

absl::Status CheckBackupFlags(const AuthenticatorData& data) {
  if (data.Has(flag::kBackupEligible) || !data.Has(flag::kBackupState)) {
    return absl::OkStatus();
  }
  return Error(reason::kBackupFlagsInvalid, "backed up but not eligible");
}

absl::Status CheckExtensions(const Expectation& expected,
                             const AuthenticatorData& data) {
  const ExtensionPolicy& policy = expected.extensions;
  for (const std::string& name : policy.required) {
    if (!data.extensions.has_value() ||
        data.extensions->Find(name) == nullptr) {
      return Error(reason::kExtensionUnexpected,
                   "a required extension is missing", {{"extension", name}});
    }
  }
  if (!policy.refuse_unsolicited || !data.extensions.has_value()) {
    return absl::OkStatus();
  }
  for (const CborValue::Pair& pair : *data.extensions->AsMap()) {
    const auto name = pair.first.AsText();
    if (!name.has_value() || !Contains(policy.requested, std::string(*name))) {
      return Error(reason::kExtensionUnexpected,
                   "an extension was not asked for");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckChallengeKnown(const SpentChallenge& challenge) {
  if (challenge.known) return absl::OkStatus();
  return Error(reason::kChallengeUnknown, "the challenge was never issued");
}

absl::Status CheckChallengeScope(const Expectation& expected,
                                 const SpentChallenge& challenge) {
  if (challenge.scope == expected.scope) return absl::OkStatus();
  return Error(reason::kChallengeScope,
               "the challenge was issued for something else");
}

absl::Status CheckChallengeExpiry(const SpentChallenge& challenge) {
  if (challenge.spent_at < challenge.expires_at) return absl::OkStatus();
  return Error(reason::kChallengeExpired, "the challenge has expired");
}

absl::Status CheckChallengeUse(const SpentChallenge& challenge) {
  if (challenge.first_use) return absl::OkStatus();
  return Error(reason::kChallengeReused, "the challenge was answered before");
}

absl::Status CheckCommandDigest(const Expectation& expected,
                                const SpentChallenge& challenge) {
  if (crypto::ConstantTimeEquals(expected.command_digest,
                                 challenge.command_digest)) {
    return absl::OkStatus();
  }
  return Error(reason::kCommandMismatch,
               "the command is not the one behind the challenge");
}

}  // namespace u2fi::fido
