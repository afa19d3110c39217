#include "tools/u2fi/asker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/words.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

using command_gate::v1::CommandRecord;
using google::protobuf::util::TimeUtil;

constexpr size_t kRequestIdBytes = 16;
// UNKNOWN_OUTCOME comes 30 s after execute_by.
constexpr absl::Duration kAfterExecuteBy = absl::Seconds(90);

void SetDuration(absl::Duration value, google::protobuf::Duration* field) {
  *field = TimeUtil::MillisecondsToDuration(absl::ToInt64Milliseconds(value));
}

absl::StatusOr<gate::SubmitCommandRequest> RequestFor(const Ask& ask) {
  gate::SubmitCommandRequest request;
  request.set_request_id(ask.request_id);
  request.set_validate_only(ask.validate_only);
  request.mutable_item()->set_device(ask.device);
  request.mutable_item()->set_operation(ask.operation);
  if (!ask.json.empty()) request.mutable_item()->set_json(ask.json);
  if (!ask.message.empty()) request.mutable_item()->set_message(ask.message);
  ASSIGN_OR_RETURN(*request.mutable_options(), OptionsFor(ask));
  return request;
}

}  // namespace

absl::StatusOr<gate::SubmitOptions> OptionsFor(const Ask& ask) {
  gate::SubmitOptions options;
  options.set_on_behalf_of(ask.account);
  options.set_purpose(ask.purpose);
  options.set_break_glass_reason(ask.break_glass_reason);
  if (!ask.gateway.empty()) options.mutable_place()->set_gateway(ask.gateway);
  if (ask.approve_within > absl::ZeroDuration()) {
    SetDuration(ask.approve_within, options.mutable_approve_within());
  }
  if (ask.execute_within > absl::ZeroDuration()) {
    SetDuration(ask.execute_within, options.mutable_execute_within());
  }
  if (!ask.label.empty()) options.mutable_enrol()->set_label(ask.label);
  if (ask.recovery) options.mutable_enrol()->set_recovery(true);
  options.set_id_token(ask.id_token);
  if (!ask.evidence.empty() &&
      !options.mutable_evidence()->ParseFromString(ask.evidence)) {
    return Error(reason::kEvidenceFormat, "the evidence cannot be read");
  }
  return options;
}

absl::Duration TimeLeft(const google::protobuf::Timestamp& submit_time,
                        const google::protobuf::Timestamp& execute_by) {
  const int64_t span_ms = TimeUtil::TimestampToMilliseconds(execute_by) -
                          TimeUtil::TimestampToMilliseconds(submit_time);
  return absl::Milliseconds(span_ms) + kAfterExecuteBy;
}

absl::Status AnotherCommandError() {
  return Error(reason::kCommandMismatch,
               "DO NOT TOUCH: the cloud speaks of another command than the "
               "one asked for");
}

absl::Status Repeatable(const std::string& request_id,
                        const absl::Status& status) {
  const bool unclear = IsReason(status, reason::kStoreOutcomeUnknown) ||
                       IsReason(status, reason::kDeadlineExceeded) ||
                       IsReason(status, reason::kPeerUnavailable);
  return unclear ? WithMetadata(status, "request_id", request_id) : status;
}

absl::Status StillGoing(absl::string_view name, const absl::Status& status) {
  const absl::Status lost = status.ok() ? Error(reason::kPeerUnavailable,
                                                "the stream of states ended")
                                        : status;
  return WithContext(absl::StrCat(name, " goes on without us"), lost);
}

absl::StatusCode CodeOf(command_gate::v1::CommandState state) {
  switch (state) {
    case command_gate::v1::COMMAND_STATE_DENIED:
      return absl::StatusCode::kPermissionDenied;
    case command_gate::v1::COMMAND_STATE_EXPIRED:
      return absl::StatusCode::kDeadlineExceeded;
    case command_gate::v1::COMMAND_STATE_CANCELLED:
      return absl::StatusCode::kCancelled;
    case command_gate::v1::COMMAND_STATE_FAILED:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kUnknown;
  }
}

std::string NewRequestId(RandomSource& random) {
  return crypto::Hex(random.Bytes(kRequestIdBytes));
}

absl::Status OutcomeOf(const CommandRecord& command) {
  if (command.state() == command_gate::v1::COMMAND_STATE_SUCCEEDED) {
    return absl::OkStatus();
  }
  const std::string state = StateName(command.state());
  const std::string& why = command.reason();
  const Reason named{why.empty() ? state.c_str() : why.c_str(),
                     CodeOf(command.state())};
  return Error(named, absl::StrCat("the command did not succeed: ", state),
               {{"command", command.name()}});
}

absl::Status Asker::Run(const Ask& ask) {
  Ask complete = ask;
  if (complete.request_id.empty()) {
    complete.request_id = NewRequestId(random_);
  }
  ASSIGN_OR_RETURN(const gate::SubmitCommandRequest request,
                   RequestFor(complete));
  const std::string words = proof::ComparisonWords(
      complete.request_id, {{ask.device, ask.operation,
                             ask.message.empty() ? ask.json : ask.message}});
  output_.Words(words, complete.request_id);
  const auto response = mesh_.SubmitCommand(request);
  RETURN_IF_ERROR(Repeatable(complete.request_id, response.status()));
  if (ask.validate_only) {
    output_.Show(*response, "the gate would accept it");
    return absl::OkStatus();
  }
  const CommandRecord& command = response->command();
  output_.Say(absl::StrCat("command  ", command.name()));
  if (absl::StrJoin(command.words(), " ") != words) {
    gate::CancelCommandRequest cancel;
    cancel.set_name(command.name());
    mesh_.CancelCommand(cancel).status().IgnoreError();
    return AnotherCommandError();
  }
  if (ask.no_wait) {
    output_.State(command);
    return absl::OkStatus();
  }
  return Follow(command);
}

absl::Status Asker::Wait(const std::string& name) {
  gate::GetCommandRequest get;
  get.set_name(name);
  ASSIGN_OR_RETURN(const gate::GetCommandResponse present,
                   mesh_.GetCommand(get));
  return IsFinal(present.command().state()) ? End(present.command())
                                            : Follow(present.command());
}

absl::Status Asker::Follow(const CommandRecord& submitted) {
  gate::WatchCommandRequest watch;
  watch.set_name(submitted.name());
  CommandRecord last;
  std::string shown;
  const absl::Status status = mesh_.WatchCommand(
      watch, TimeLeft(submitted.submit_time(), submitted.execute_by()),
      [&](const gate::WatchCommandResponse& now) {
        last = now.command();
        // The full record of the end is shown below.
        if (IsFinal(last.state()) || StateText(last) == shown) {
          return absl::OkStatus();
        }
        shown = StateText(last);
        output_.State(last);
        return absl::OkStatus();
      });
  if (IsFinal(last.state())) return End(last);
  return StillGoing(submitted.name(), status);
}

absl::Status Asker::End(const CommandRecord& last) {
  gate::GetCommandRequest get;
  get.set_name(last.name());
  get.set_view(command_gate::v1::COMMAND_VIEW_FULL);
  const absl::StatusOr<gate::GetCommandResponse> full = mesh_.GetCommand(get);
  output_.State(full.ok() ? full->command() : last);
  return OutcomeOf(last);
}

}  // namespace u2fi::cli
