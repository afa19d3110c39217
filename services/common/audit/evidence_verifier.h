#ifndef U2FI_SERVICES_COMMON_AUDIT_EVIDENCE_VERIFIER_H_
#define U2FI_SERVICES_COMMON_AUDIT_EVIDENCE_VERIFIER_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/anchors.h"
#include "services/common/audit/command_ledger.h"
#include "services/common/audit/row.h"
#include "services/common/audit/trust_history.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::audit {

// What a row's own evidence shows.
enum class Finding {
  // The row carries no proof and needs none.
  kNone,
  // Its body was erased.
  kErased,
  // The command was approved as its proof says.
  kVerified,
  // The device's pin set lets the command run without a touch.
  kFree,
  // Something that the proof refers to is not in the file.
  kUnverifiable,
};

struct Evidence {
  Finding finding = Finding::kNone;
  // The anchor under which the evidence holds; empty: none.
  std::string anchor;
  // What is missing, or what else to know.
  std::string note;
};

// Checks the bodies of an export: every touch again, from the raw bytes, with
// services/common/proof. A row carries a proof if it has a command and
// touches, its outcome is not a refusal, and it did not lose a race. Faults
// are errors whose metadata "step" is one of VerifyProof()'s steps, or:
//   proof     a command became APPROVED, or went from PREPARING to DISPATCHED,
//             by a row without a proof, and its operation is not free; or the
//             row that says it was DISPATCHED or executed lacks its bytes
//   approved  a command was DISPATCHED, executed or ended after that, and no
//             row of a complete file approved these bytes
//   handed    a gateway's journal in a complete file says that it handed over a
//             command of which the gate's rows, which are there too, do not say
//             that these bytes were approved: the cloud hides something
//   touch     a complete file without erasures lacks a touch or a pin set that
//             a proof refers to
// An erased row of the gate excuses the commands that it is about from
// `approved` and `handed`, and so does a touch or a pin set that is missing
// from a file with erasures. A touch of a CTAP2 key over an act on an account
// says nothing of the gateway's key: if no pin set in the file has it, its
// relay cannot be checked, and the row is unverifiable without being a fault.
// Every row comes once, with its body if the file has that. Used in two passes
// over the same rows, because rows of several writers do not come in the order
// of time: Learn() all, Settle(), Verify() all, Finish(). Memory: the rows that
// change pin sets and accounts, and the touches that others may refer to. Not
// thread-safe.
class EvidenceVerifier {
 public:
  struct Options {
    bool complete = false;
    // SHA-256 of the deployment's relying-party id. Empty: what the first
    // touch was signed for.
    std::string rp_id_hash;
    // Of the memory named above.
    size_t max_bytes = size_t{1} << 30;
  };

  // `anchors` must outlive this object.
  EvidenceVerifier(const Anchors& anchors, Options options);

  // AUDIT_FORMAT if the memory is used up.
  absl::Status Learn(const ParsedRow& row);
  // A row of the file has no body.
  void NoteErasure() { erased_ = true; }
  // Not all rows could be learned: the file is not taken for complete.
  void StopBeforeTheEnd() { options_.complete = false; }
  void Settle();
  absl::StatusOr<Evidence> Verify(const ParsedRow& row, uint64_t line);
  // `line` is that of the row at fault.
  absl::Status Finish(uint64_t& line) const;

 private:
  // A row that carries a proof, taken apart.
  struct Claim {
    const ParsedRow* row = nullptr;
    proof::v1::Command command;
    proof::v1::Proof proof;
    // Whether every touch that it refers to is in the file.
    bool whole = true;
  };

  absl::StatusOr<Claim> ReadClaim(const ParsedRow& row) const;
  absl::Status Keep(size_t bytes);
  bool Install(const ParsedRow& row);

  absl::StatusOr<Evidence> VerifyClaim(const Claim& claim);
  absl::StatusOr<Evidence> VerifyAccountAct(const Claim& claim);
  absl::StatusOr<Evidence> VerifyPinsChange(const Claim& claim);
  absl::StatusOr<Evidence> VerifyOperation(const Claim& claim);
  // Verify() of a row that is there.
  absl::StatusOr<Evidence> VerifyBody(const ParsedRow& row, uint64_t line);
  // What a row without a proof may say of a command.
  absl::StatusOr<Evidence> VerifyMove(const ParsedRow& row, uint64_t line);
  absl::StatusOr<Evidence> VerifyIsFree(const ParsedRow& row);

  // False if the keys that approved it are not in the file.
  bool KnowsTokens(const Claim& claim, const proof::AccountInputs& in) const;
  proof::AccountInputs AccountInputsOf(const Claim& claim);
  absl::StatusOr<proof::VerifiedPins> CheckPins(
      const Claim& claim, const PinRevision* present) const;
  // The set that `next` says it follows; false if it is not in the file.
  bool FindPresent(const proof::PinSet& next,
                   const PinRevision*& present) const;
  // The finding if something is not in the file, or the fault.
  absl::StatusOr<Evidence> Missing(absl::string_view what) const;

  Options options_;
  TrustHistory history_;
  size_t bytes_ = 0;
  bool erased_ = false;
  // Rows that change what is believed.
  std::vector<ParsedRow> changes_;
  // Touches by their digest.
  std::map<std::string, proof::v1::Approval, std::less<>> touches_;
  // Account acts and the time of their earliest row, by command bytes.
  std::map<std::string, uint64_t, std::less<>> acts_ms_;
  std::set<std::string> installed_;
  CommandLedger ledger_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_EVIDENCE_VERIFIER_H_
