#include "services/common/fido/assertion_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/byte_reader.h"
#include "services/common/fido/common_checks.h"
#include "services/common/fido/steps.h"
#include "services/common/fido/u2f_messages.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {

// The steps see everything through this: what came in, and what the steps
// before them read.
class AssertionCheck {
 public:
  static absl::StatusOr<ScreenedAssertion> Screen(const AssertionInputs& in);
  static absl::StatusOr<VerifiedAssertion> Verify(
      ScreenedAssertion& screened, const SpentChallenge& challenge);
  static std::vector<std::string> Names();

 private:
  const Expectation& expected() const { return screened_.inputs_->expected; }
  const AssertionAnswer& answer() const { return screened_.inputs_->answer; }
  const CredentialRecord& credential() const {
    return *screened_.inputs_->credential;
  }
  bool IsU2f() const { return expected().protocol == Protocol::kU2f; }
  const ClientData& client_data() const { return screened_.client_data_; }
  const AuthenticatorData& data() const { return screened_.data_; }

  absl::Status ReadClientData();
  absl::Status CheckCredential() const;
  absl::Status CheckUser() const;
  absl::Status CheckActive() const;
  absl::Status ReadFormat();
  absl::Status CheckRpIdHash() const;
  absl::Status CheckFlags() const;
  absl::Status CheckBackup() const;
  absl::Status CheckOffered() const;
  absl::Status CheckSignature() const;
  absl::Status CheckCounter() const;
  absl::Status CheckAnswerExtensions() const;

  const Offer* FindOffer() const;

  static const Step<AssertionCheck> kScreening[16];
  static const Step<AssertionCheck> kVerification[9];

  // Not its own: to move the texts costs as much as a step or two.
  ScreenedAssertion& screened_;
  const SpentChallenge* challenge_;

  AssertionCheck(ScreenedAssertion& screened, const SpentChallenge* spent)
      : screened_(screened), challenge_(spent) {}
};

const Step<AssertionCheck> AssertionCheck::kScreening[] = {
    {"client_data", [](AssertionCheck& c) { return c.ReadClientData(); }},
    {"type",
     [](AssertionCheck& c) {
       return CheckClientDataType(c.expected(), Action::kAuthenticate,
                                  c.client_data());
     }},
    {"challenge",
     [](AssertionCheck& c) {
       return CheckClientDataChallenge(c.expected(), c.client_data());
     }},
    {"origin",
     [](AssertionCheck& c) {
       return CheckOrigin(c.expected(), c.client_data());
     }},
    {"channel_id",
     [](AssertionCheck& c) {
       return CheckChannelId(c.expected(), c.client_data());
     }},
    {"cross_origin",
     [](AssertionCheck& c) {
       return CheckCrossOrigin(c.expected(), c.client_data());
     }},
    {"top_origin",
     [](AssertionCheck& c) {
       return CheckTopOrigin(c.expected(), c.client_data());
     }},
    {"credential", [](AssertionCheck& c) { return c.CheckCredential(); }},
    {"user", [](AssertionCheck& c) { return c.CheckUser(); }},
    {"active", [](AssertionCheck& c) { return c.CheckActive(); }},
    {"format", [](AssertionCheck& c) { return c.ReadFormat(); }},
    {"rp_id_hash", [](AssertionCheck& c) { return c.CheckRpIdHash(); }},
    {"user_presence",
     [](AssertionCheck& c) {
       return CheckUserPresence(c.expected(), c.data());
     }},
    {"flags", [](AssertionCheck& c) { return c.CheckFlags(); }},
    {"user_verification",
     [](AssertionCheck& c) {
       return CheckUserVerification(c.expected(), c.data());
     }},
    {"backup", [](AssertionCheck& c) { return c.CheckBackup(); }},
};

const Step<AssertionCheck> AssertionCheck::kVerification[] = {
    {"challenge_known",
     [](AssertionCheck& c) { return CheckChallengeKnown(*c.challenge_); }},
    {"challenge_scope",
     [](AssertionCheck& c) {
       return CheckChallengeScope(c.expected(), *c.challenge_);
     }},
    {"challenge_expiry",
     [](AssertionCheck& c) { return CheckChallengeExpiry(*c.challenge_); }},
    {"challenge_use",
     [](AssertionCheck& c) { return CheckChallengeUse(*c.challenge_); }},
    {"offered", [](AssertionCheck& c) { return c.CheckOffered(); }},
    {"signature", [](AssertionCheck& c) { return c.CheckSignature(); }},
    {"counter", [](AssertionCheck& c) { return c.CheckCounter(); }},
    {"extensions", [](AssertionCheck& c) { return c.CheckAnswerExtensions(); }},
    {"command",
     [](AssertionCheck& c) {
       return CheckCommandDigest(c.expected(), *c.challenge_);
     }},
};

absl::Status AssertionCheck::ReadClientData() {
  ASSIGN_OR_RETURN(screened_.client_data_,
                   ParseClientData(answer().client_data));
  return absl::OkStatus();
}

absl::Status AssertionCheck::CheckCredential() const {
  const auto& record = screened_.inputs_->credential;
  if (record.has_value() && record->id == answer().credential_id &&
      (!IsU2f() || record->account == expected().scope.account)) {
    return absl::OkStatus();
  }
  return Error(reason::kCredentialUnknown,
               "the account has no such credential");
}

absl::Status AssertionCheck::CheckUser() const {
  const std::string& account = expected().scope.account;
  if (IsU2f() || (credential().account == account &&
                  answer().user_handle.value_or(account) == account)) {
    return absl::OkStatus();
  }
  return Error(reason::kUserMismatch,
               "the credential belongs to another account");
}

absl::Status AssertionCheck::CheckActive() const {
  if (credential().state == CredentialRecord::State::kActive) {
    return absl::OkStatus();
  }
  return Error(reason::kCredentialRevoked,
               "the credential is revoked, suspended or in quarantine");
}

absl::Status AssertionCheck::ReadFormat() {
  const AssertionAnswer& in = answer();
  if (IsU2f() && (in.authenticator_data.size() != kPlainAuthenticatorDataSize ||
                  !IsEcdsaSignature(in.signature))) {
    return Error(reason::kFormat, "not 37 bytes and one DER signature");
  }
  if (IsU2f()) {
    // Its flags are U2F's presence byte: no bit tells of further fields.
    ByteReader reader(in.authenticator_data);
    reader.Read(32, screened_.data_.rp_id_hash);
    reader.ReadU8(screened_.data_.flags);
    reader.ReadU32(screened_.data_.counter);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(screened_.data_,
                   ParseAuthenticatorData(in.authenticator_data));
  return absl::OkStatus();
}

absl::Status AssertionCheck::CheckRpIdHash() const {
  // WebAuthn L3, 10.1.1: with the output true the AppID is expected instead.
  const auto& appid = screened_.inputs_->appid;
  const bool uses_appid = !IsU2f() && appid.has_value() &&
                          credential().is_u2f &&
                          answer().appid_output.value_or(false);
  const crypto::Digest hash =
      crypto::Sha256(uses_appid ? *appid : expected().rp_id);
  if (crypto::ConstantTimeEquals(crypto::View(hash), data().rp_id_hash)) {
    return absl::OkStatus();
  }
  return Error(reason::kRpIdHashMismatch, "it was made for another site");
}

absl::Status AssertionCheck::CheckFlags() const {
  if (!IsU2f() || (data().flags & ~kUserPresent) == 0) return absl::OkStatus();
  return Error(reason::kFormat, "a presence byte with other bits than the 1");
}

absl::Status AssertionCheck::CheckBackup() const {
  RETURN_IF_ERROR(CheckBackupFlags(data()));
  const bool is_eligible = data().Has(flag::kBackupEligible);
  if (IsU2f() ||
      credential().backup_eligible.value_or(is_eligible) == is_eligible) {
    return absl::OkStatus();
  }
  return Error(reason::kBackupFlagsInvalid, "the backup eligibility changed");
}

const Offer* AssertionCheck::FindOffer() const {
  for (const Offer& offer : challenge_->offers) {
    if (offer.credential_id == answer().credential_id) return &offer;
  }
  return nullptr;
}

absl::Status AssertionCheck::CheckOffered() const {
  // An empty list must never mean "any" (CVE-2026-46419).
  if (challenge_->offers.empty()) {
    return Error(reason::kNoCredentials, "no credential was offered");
  }
  if (FindOffer() != nullptr) return absl::OkStatus();
  return Error(reason::kCredentialNotOffered, "the credential was not offered");
}

absl::Status AssertionCheck::CheckSignature() const {
  return credential().key.Verify(answer().authenticator_data,
                                 client_data().hash, answer().signature);
}

// Decisions A15: a clone is suspected only at or below what was stored when
// the challenge was issued.
absl::Status AssertionCheck::CheckCounter() const {
  const uint32_t counter = data().counter;
  const auto& stored = credential().counter;
  // 0 and 0 means that a WebAuthn token has no counter. U2F tokens have one.
  const bool has_none = !IsU2f() && counter == 0 && stored.value_or(0) == 0;
  if (has_none || !stored.has_value() || counter > *stored) {
    return absl::OkStatus();
  }
  const auto floor = FindOffer()->counter_floor;
  const bool is_below_floor = floor.has_value() && counter <= *floor;
  if (is_below_floor && !screened_.inputs_->ignore_counter_floor) {
    return Error(
        reason::kCounterRegression, "the counter went back",
        {{"counter", absl::StrCat(counter)}, {"floor", absl::StrCat(*floor)}});
  }
  return Error(
      reason::kCounterOutOfOrder, "another answer overtook this one",
      {{"counter", absl::StrCat(counter)}, {"stored", absl::StrCat(*stored)}});
}

absl::Status AssertionCheck::CheckAnswerExtensions() const {
  if (expected().extensions.refuse_unsolicited &&
      answer().appid_output.value_or(false) &&
      !screened_.inputs_->appid.has_value()) {
    return Error(reason::kExtensionUnexpected, "appid was not asked for");
  }
  return CheckExtensions(expected(), data());
}

absl::StatusOr<ScreenedAssertion> AssertionCheck::Screen(
    const AssertionInputs& in) {
  absl::StatusOr<ScreenedAssertion> screened = ScreenedAssertion(in);
  AssertionCheck check(*screened, nullptr);
  RETURN_IF_ERROR(RunSteps(kScreening, check));
  return screened;
}

absl::StatusOr<VerifiedAssertion> AssertionCheck::Verify(
    ScreenedAssertion& screened, const SpentChallenge& challenge) {
  AssertionCheck check(screened, &challenge);
  RETURN_IF_ERROR(RunSteps(kVerification, check));
  const bool is_u2f = check.IsU2f();
  const AuthenticatorData& data = check.data();
  return VerifiedAssertion(check.credential().id, check.credential().account,
                           data.counter,
                           is_u2f ? data.flags & kUserPresent : data.flags);
}

std::vector<std::string> AssertionCheck::Names() {
  std::vector<std::string> names = StepNames(kScreening);
  for (std::string& name : StepNames(kVerification)) {
    names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<ScreenedAssertion> ScreenAssertion(
    const AssertionInputs& inputs) {
  return AssertionCheck::Screen(inputs);
}

absl::StatusOr<VerifiedAssertion> VerifyAssertion(
    ScreenedAssertion screened, const SpentChallenge& challenge) {
  return AssertionCheck::Verify(screened, challenge);
}

std::vector<std::string> AssertionStepNames() {
  return AssertionCheck::Names();
}

}  // namespace u2fi::fido
