#ifndef U2FI_TOOLS_U2FI_ASKER_H_
#define U2FI_TOOLS_U2FI_ASKER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/random/random_source.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// What somebody asks for.
struct Ask {
  // Id of the device, or `account:<id>`.
  std::string device;
  // Ids of further devices that the same touch covers (BatchAsker).
  std::vector<std::string> also;
  std::string operation;
  // JSON of a device operation; empty: none.
  std::string json;
  // Strict message of a `u2fi.*` operation; empty: none.
  std::string message;
  proof::v1::Purpose purpose = proof::v1::PURPOSE_COMMAND;
  // Why, with PURPOSE_BREAK_GLASS.
  std::string break_glass_reason;
  // The account that asks. Required.
  std::string account;
  // Id of the gateway where the key is touched; empty: the one that executes.
  std::string gateway;
  // Zero: the gate's defaults.
  absl::Duration approve_within;
  absl::Duration execute_within;
  // Serialised u2fi.proof.v1.Evidence, or empty.
  std::string evidence;
  // Of `u2fi.enrol`: what people call the token.
  std::string label;
  // Of `u2fi.enrol`: the token is kept for recovery.
  bool recovery = false;
  // JWT of the tenant's OIDC issuer, where there is one. A secret.
  std::string id_token;
  // 32 hex digits to repeat a request; empty: a new one.
  std::string request_id;
  // Check only.
  bool validate_only = false;
  // Do not follow it: OK once the gate has taken it.
  bool no_wait = false;
};

// Asks the gate for a command and follows it to its end.
class Asker {
 public:
  // All must outlive this object.
  Asker(Mesh& mesh, RandomSource& random, Output& output)
      : mesh_(mesh), random_(random), output_(output) {}

  // Prints the comparison words, which come from the request alone, before
  // anything is heard; then each state as it comes. OK only if the command
  // SUCCEEDED (or, with validate_only, would be accepted; or, with no_wait, was
  // taken). Otherwise an error with the gate's reason, or, if the cloud speaks
  // of another command than the one that was asked for, COMMAND_MISMATCH: it is
  // cancelled then.
  absl::Status Run(const Ask& ask);

  // Follows a command that was asked for before, `commands/…`, to its end.
  absl::Status Wait(const std::string& name);

 private:
  absl::Status Follow(const gate::CommandRecord& submitted);
  absl::Status End(const gate::CommandRecord& last);

  Mesh& mesh_;
  RandomSource& random_;
  Output& output_;
};

// 128 random bits as 32 lower-case hex digits.
std::string NewRequestId(RandomSource& random);

// How the gate shall go about `ask`. EVIDENCE_FORMAT.
absl::StatusOr<gate::SubmitOptions> OptionsFor(const Ask& ask);

// How long a command can take from now, by its deadline.
absl::Duration TimeLeft(const google::protobuf::Timestamp& submit_time,
                        const google::protobuf::Timestamp& execute_by);

// COMMAND_MISMATCH: the cloud's words are not those of the request.
absl::Status AnotherCommandError();

// What the gate said to a request that it may have taken all the same names the
// id under which it can be repeated without being done twice; others as they
// are.
absl::Status Repeatable(const std::string& request_id,
                        const absl::Status& status);

// A stream of states ended with `status` before `name` did.
absl::Status StillGoing(absl::string_view name, const absl::Status& status);

// The code of an error about a command that ended in `state`.
absl::StatusCode CodeOf(gate::CommandState state);

// OK for SUCCEEDED; otherwise an error with the command's reason.
absl::Status OutcomeOf(const gate::CommandRecord& command);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ASKER_H_
