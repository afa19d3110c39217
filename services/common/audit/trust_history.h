#ifndef U2FI_SERVICES_COMMON_AUDIT_TRUST_HISTORY_H_
#define U2FI_SERVICES_COMMON_AUDIT_TRUST_HISTORY_H_

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/audit/anchors.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/account_proof.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/verified_pins.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::audit {

// A pin set that a device got.
struct PinRevision {
  proof::PinSet pins;
  // The earliest record that shows it; 0 for an anchor.
  uint64_t since_ms = 0;
  // The anchor that it descends from; empty: none.
  std::string anchor;
};

// A token that an account enrolled.
struct KnownToken {
  proof::AccountKey key;
  // Its enrolment, to stand as evidence for pin sets.
  proof::v1::EnrolmentProof enrolment;
  // The earliest record of that.
  uint64_t since_ms = 0;
  std::string anchor;
  // When it could not approve: from, until.
  std::vector<std::pair<uint64_t, uint64_t>> suspended;

  bool IsActive(uint64_t ms, uint64_t skew_ms) const;
};

// What an export itself shows about who could approve what, as far as proofs
// carry it: the pin sets of devices (followed through `u2fi.pins`) and the
// tokens of accounts (through `u2fi.enrol` and `u2fi.token.*`). Only what was
// verified goes in. Not thread-safe.
class TrustHistory {
 public:
  // `anchors` must outlive this object; its pin sets are known from the start.
  explicit TrustHistory(const Anchors& anchors);

  // A verified revision. `since_ms` moves earlier if it is known already.
  void AddPins(const proof::VerifiedPins& pins, const PinRevision* present,
               uint64_t since_ms);

  // A verified enrolment, with the registration whose digest was approved.
  void AddToken(const proof::VerifiedAccountCommand& verified,
                proof::v1::EnrolmentProof enrolment, uint64_t since_ms);

  // A verified suspension, revocation or resumption.
  void ChangeToken(const proof::VerifiedAccountCommand& change, uint64_t ms);

  // The revision with this hash, or nullptr.
  const PinRevision* FindPins(absl::string_view device,
                              absl::string_view hash) const;

  // The revisions of a device that had come by then, the latest first.
  std::vector<const PinRevision*> PinsAt(absl::string_view device,
                                         uint64_t ms) const;

  // The tokens of an account that had been enrolled before then.
  std::vector<const KnownToken*> TokensBefore(absl::string_view account,
                                              uint64_t ms) const;
  // nullptr if the account never enrolled it.
  const KnownToken* FindToken(absl::string_view account,
                              absl::string_view token_id) const;

  // Every gateway that a known pin set holds.
  std::vector<proof::AccountGateway> Gateways() const;

  // The anchor under which any of the tokens stands; empty: none.
  std::string AnchorOf(absl::string_view account,
                       const std::vector<std::string>& tokens) const;

 private:
  std::string AnchorOfKey(absl::string_view public_key) const;
  std::string AnchorOfGenesis(const proof::VerifiedPins& pins) const;

  const Anchors& anchors_;
  std::map<std::string, std::vector<PinRevision>, std::less<>> pins_;
  // By account, then by token.
  std::map<std::string, std::map<std::string, KnownToken, std::less<>>,
           std::less<>>
      tokens_;
};

// The key of `public_key` (Registration.public_key), for VerifyAccountProof().
proof::AccountKey AccountKeyOf(const proof::v1::EnrolArguments& arguments,
                               absl::string_view public_key);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_TRUST_HISTORY_H_
