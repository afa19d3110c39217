#include "tools/u2fi/output.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "nlohmann/json.hpp"
#include "services/common/proof/command.h"
#include "services/common/proof/command_text.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "tools/u2fi/error_text.h"

namespace u2fi::cli {
namespace {

using command_gate::v1::ApprovalSlot;
using command_gate::v1::BatchRecord;
using command_gate::v1::CommandRecord;
using command_gate::v1::CommandState;
using command_gate::v1::PendingApproval;
using google::protobuf::util::TimeUtil;

std::string ClockTime(const google::protobuf::Timestamp& time) {
  return absl::FormatTime(
      "%H:%M:%S", absl::FromUnixMillis(TimeUtil::TimestampToMilliseconds(time)),
      absl::LocalTimeZone());
}

// Where a touch is waited for.
std::string Places(
    const google::protobuf::RepeatedPtrField<ApprovalSlot>& slots) {
  std::vector<std::string> places;
  for (const ApprovalSlot& slot : slots) {
    if (slot.state() > command_gate::v1::APPROVAL_STATE_ASKED) continue;
    places.push_back(slot.gateway().empty()
                         ? "the browser"
                         : absl::StrCat("gateway ", slot.gateway()));
  }
  return places.empty() ? "the gateway" : absl::StrJoin(places, " and ");
}

// What the bytes say, which are the ones that the key covers.
std::string What(const PendingApproval& approval) {
  if (approval.registration()) return "a new key joins the account";
  if (approval.commands().empty()) return "";
  const auto command = proof::ParseCommand(approval.commands(0));
  if (!command.ok()) return "a command that cannot be read";
  std::string text = proof::CommandText(*command);
  if (approval.commands_size() > 1) {
    absl::StrAppend(&text, " and ", approval.commands_size() - 1, " more");
  }
  return text;
}

// ASCII on one line, also of what is no UTF-8.
std::string Ascii(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string Source(const CommandRecord& command) {
  switch (command.result_source()) {
    case command_gate::v1::RESULT_SOURCE_DEVICE:
      return ", signed by the device";
    case command_gate::v1::RESULT_SOURCE_GATEWAY:
      return ", as the gateway says";
    default:
      return "";
  }
}

}  // namespace

std::string StateName(CommandState state) {
  const std::string& name = command_gate::v1::CommandState_Name(state);
  return std::string(absl::StripPrefix(name, "COMMAND_STATE_"));
}

bool IsFinal(CommandState state) {
  return state >= command_gate::v1::COMMAND_STATE_SUCCEEDED;
}

std::string StateText(const CommandRecord& command) {
  std::string text = StateName(command.state());
  if (command.state() == command_gate::v1::COMMAND_STATE_AWAITING_APPROVAL) {
    absl::StrAppend(&text, ": touch the key at ", Places(command.approvals()),
                    " before ", ClockTime(command.approve_by()));
  }
  if (!command.reason().empty()) {
    absl::StrAppend(&text, ": ", command.reason());
  }
  if (!command.result().empty()) absl::StrAppend(&text, " ", command.result());
  return absl::StrCat(text, Source(command));
}

std::string BatchText(const BatchRecord& batch) {
  std::string text = StateName(batch.approval_state());
  if (batch.approval_state() ==
      command_gate::v1::COMMAND_STATE_AWAITING_APPROVAL) {
    return absl::StrCat(text, ": touch the key at ", Places(batch.approvals()),
                        " before ", ClockTime(batch.approve_by()));
  }
  std::vector<std::string> counts;
  for (const command_gate::v1::StateCount& count : batch.counts()) {
    counts.push_back(
        absl::StrCat(count.count(), " ", StateName(count.state())));
  }
  if (!batch.reason().empty()) absl::StrAppend(&text, ": ", batch.reason());
  return absl::StrCat(text, "; ", absl::StrJoin(counts, ", "));
}

std::string ApprovalText(const PendingApproval& approval) {
  std::string text = absl::StrCat(
      absl::StripPrefix(command_gate::v1::ApprovalState_Name(approval.state()),
                        "APPROVAL_STATE_"),
      " ", approval.name(), "  ", What(approval));
  if (approval.state() > command_gate::v1::APPROVAL_STATE_ASKED) return text;
  absl::StrAppend(&text, ": touch the key at ",
                  approval.gateway().empty()
                      ? "the browser"
                      : absl::StrCat("gateway ", approval.gateway()),
                  " before ", ClockTime(approval.approve_by()), ", words ",
                  absl::StrJoin(approval.words(), " "), ", asked by ",
                  approval.requester());
  if (approval.queue_position() > 0) {
    absl::StrAppend(&text, ", after ", approval.queue_position(), " others");
  }
  if (!approval.break_glass_reason().empty()) {
    absl::StrAppend(&text, ", BREAK-GLASS: ", approval.break_glass_reason());
  }
  return text;
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  // It leaves characters that turn the direction as they are.
  return status.ok() ? Ascii(nlohmann::ordered_json::parse(json)) : "{}";
}

void Output::Line(absl::string_view text) {
  stream_ << proof::VisibleText(text) << std::endl;
}

void Output::Lines(absl::string_view text) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    stream_ << proof::VisibleText(line) << "\n";
  }
  stream_ << std::flush;
}

void Output::Words(absl::string_view words, absl::string_view request_id) {
  if (json_) {
    stream_ << Ascii({{"request_id", std::string(request_id)},
                      {"words", std::string(words)}})
            << std::endl;
    return;
  }
  Line(absl::StrCat("words    ", words,
                    "   (the gateway's screen must show the same)"));
}

void Output::State(const CommandRecord& command) {
  if (json_) {
    stream_ << "{\"command\":" << ToJson(command) << "}" << std::endl;
    return;
  }
  Line(absl::StrCat("state    ", StateText(command)));
}

void Output::Batch(const BatchRecord& batch) {
  if (json_) {
    stream_ << "{\"batch\":" << ToJson(batch) << "}" << std::endl;
    return;
  }
  Line(absl::StrCat("state    ", BatchText(batch)));
}

void Output::Item(const CommandRecord& command) {
  if (json_) return State(command);
  Line(absl::StrCat("item     ", command.device(), "  ", StateText(command)));
}

void Output::Show(const google::protobuf::Message& message,
                  absl::string_view text,
                  const std::map<std::string, std::string>& more) {
  if (!json_) return Lines(text);
  auto json = nlohmann::ordered_json::parse(ToJson(message));
  for (const auto& [name, value] : more) {
    json[name] = nlohmann::ordered_json::parse(value);
  }
  stream_ << Ascii(json) << std::endl;
}

void Output::Check(absl::string_view name,
                   const absl::StatusOr<std::string>& finding) {
  const std::string error = ErrorText(finding.status());
  const std::string text =
      finding.ok() ? *finding : std::string(absl::StripPrefix(error, "u2fi: "));
  if (json_) {
    stream_ << Ascii({{"check", std::string(name)},
                      {"ok", finding.ok()},
                      {"text", text}})
            << std::endl;
    return;
  }
  Line(absl::StrCat(finding.ok() ? "ok    " : "FAIL  ", name, ": ", text));
}

void Output::Fact(const std::map<std::string, std::string>& members,
                  absl::string_view text) {
  if (json_) {
    stream_ << Ascii(nlohmann::ordered_json(members)) << std::endl;
    return;
  }
  Lines(text);
}

absl::Status Output::Written() {
  if (stream_.flush().good()) return absl::OkStatus();
  return Error(reason::kFileUnavailable,
               "the standard output cannot be written; what was asked for may "
               "have been done");
}

void Output::Say(absl::string_view text) {
  if (!json_) Lines(text);
}

}  // namespace u2fi::cli
