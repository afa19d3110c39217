#ifndef U2FI_TOOLS_U2FI_OUTPUT_H_
#define U2FI_TOOLS_U2FI_OUTPUT_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "u2fi/command_gate/v1/approvals.pb.h"
#include "u2fi/command_gate/v1/command.pb.h"

namespace u2fi::cli {

// What the program says: text for people, or one JSON object a line with the
// names of the .proto files. Flushed at once: others read along. Whatever the
// cloud or a file has put into it, text has no character that moves others or
// cannot be seen (proof::VisibleText), and JSON is ASCII. Not thread-safe.
class Output {
 public:
  // `stream` must outlive this object.
  Output(std::ostream& stream, bool json) : stream_(stream), json_(json) {}

  // What the gateway's screen must show, before anything was heard from the
  // cloud. JSON: {"words":"…","request_id":"…"}.
  void Words(absl::string_view words, absl::string_view request_id);

  // A command as it is now, one line. JSON: {"command":{…}}.
  void State(const command_gate::v1::CommandRecord& command);

  // A batch as it is now, one line. JSON: {"batch":{…}}.
  void Batch(const command_gate::v1::BatchRecord& batch);

  // The end of a command of a batch, one line. JSON: {"command":{…}}.
  void Item(const command_gate::v1::CommandRecord& command);

  // A resource or report; `text` for people, who may need several lines: what
  // comes from elsewhere and stands in one of several is VisibleText already.
  // `more` has what the text says beyond the message: members by name, in JSON.
  void Show(const google::protobuf::Message& message, absl::string_view text,
            const std::map<std::string, std::string>& more = {});

  // One line of a list of checks: what is well, or why not and what to do.
  // JSON: {"check":"gate","ok":true,"text":"…"}.
  void Check(absl::string_view name,
             const absl::StatusOr<std::string>& finding);

  // What was done; `text` for people. JSON: one object with these members.
  void Fact(const std::map<std::string, std::string>& members,
            absl::string_view text);

  // FILE_UNAVAILABLE: some of it could not be written.
  absl::Status Written();

  // For people only; `text` as in Show().
  void Say(absl::string_view text);

 private:
  // One line for people.
  void Line(absl::string_view text);
  // Several of them.
  void Lines(absl::string_view text);

  std::ostream& stream_;
  const bool json_;
};

// "AWAITING_APPROVAL": the name of a state without its prefix.
std::string StateName(command_gate::v1::CommandState state);

// SUCCEEDED, FAILED, UNKNOWN_OUTCOME, DENIED, EXPIRED, CANCELLED.
bool IsFinal(command_gate::v1::CommandState state);

// One line for people: state, what to do now or why it ended so.
std::string StateText(const command_gate::v1::CommandRecord& command);

// The same of a batch: what to do now, or how many are in which state.
std::string BatchText(const command_gate::v1::BatchRecord& batch);

// One line for people: what waits for a touch, where, until when, its words.
std::string ApprovalText(const command_gate::v1::PendingApproval& approval);

// `message` on one line of ASCII, with the names of its .proto.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_OUTPUT_H_
