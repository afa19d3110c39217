#include "tools/u2fi/batch_asker.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/proof/words.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

using command_gate::v1::BatchRecord;

absl::StatusOr<gate::SubmitBatchRequest> RequestFor(const Ask& ask) {
  gate::SubmitBatchRequest request;
  request.set_request_id(ask.request_id);
  request.set_validate_only(ask.validate_only);
  std::vector<std::string> devices = {ask.device};
  devices.insert(devices.end(), ask.also.begin(), ask.also.end());
  for (const std::string& device : devices) {
    gate::CommandItem& item = *request.add_items();
    item.set_device(device);
    item.set_operation(ask.operation);
    if (!ask.json.empty()) item.set_json(ask.json);
  }
  ASSIGN_OR_RETURN(*request.mutable_options(), OptionsFor(ask));
  return request;
}

std::string WordsOf(const gate::SubmitBatchRequest& request) {
  std::vector<proof::WordsItem> items;
  for (const gate::CommandItem& item : request.items()) {
    items.push_back({item.device(), item.operation(), item.json()});
  }
  return proof::ComparisonWords(request.request_id(), items);
}

// Its items have ends of their own; before that the batch ends as a whole.
bool EndsByItself(gate::CommandState state) {
  return state == gate::COMMAND_STATE_SUCCEEDED ||
         state == gate::COMMAND_STATE_FAILED ||
         state == gate::COMMAND_STATE_UNKNOWN_OUTCOME;
}

}  // namespace

bool IsBatchName(absl::string_view name) {
  return absl::StartsWith(name, "batches/");
}

bool AllFinal(const BatchRecord& batch) {
  uint64_t ended = 0;
  for (const gate::StateCount& count : batch.counts()) {
    if (IsFinal(count.state())) ended += count.count();
  }
  return ended > 0 && ended == batch.size();
}

absl::Status OutcomeOf(const BatchRecord& batch) {
  uint64_t done = 0;
  std::string why = batch.reason();
  for (const gate::StateCount& count : batch.counts()) {
    if (count.state() == gate::COMMAND_STATE_SUCCEEDED) {
      done += count.count();
    } else if (why.empty()) {
      why = StateName(count.state());
    }
  }
  if (done > 0 && done == batch.size()) return absl::OkStatus();
  if (why.empty()) why = StateName(batch.approval_state());
  const bool approved = batch.approval_state() == gate::COMMAND_STATE_APPROVED;
  const Reason named{why.c_str(), CodeOf(approved ? gate::COMMAND_STATE_FAILED
                                                  : batch.approval_state())};
  return Error(
      named,
      absl::StrCat(batch.size() - std::min<uint64_t>(done, batch.size()),
                   " of ", batch.size(),
                   " commands did not succeed: ", BatchText(batch)),
      {{"batch", batch.name()}});
}

absl::Status BatchAsker::Run(const Ask& ask) {
  Ask complete = ask;
  if (complete.request_id.empty()) {
    complete.request_id = NewRequestId(random_);
  }
  ASSIGN_OR_RETURN(const gate::SubmitBatchRequest request,
                   RequestFor(complete));
  const std::string words = WordsOf(request);
  output_.Words(words, complete.request_id);
  const auto response = mesh_.SubmitBatch(request);
  RETURN_IF_ERROR(Repeatable(complete.request_id, response.status()));
  if (ask.validate_only) {
    output_.Show(*response, "the gate would accept it");
    return absl::OkStatus();
  }
  const BatchRecord& batch = response->batch();
  output_.Say(absl::StrCat("batch    ", batch.name(), "  ", batch.size(),
                           " commands, one touch"));
  if (absl::StrJoin(batch.words(), " ") != words) {
    gate::CancelCommandRequest cancel;
    cancel.set_name(batch.name());
    mesh_.CancelCommand(cancel).status().IgnoreError();
    return AnotherCommandError();
  }
  if (ask.no_wait) {
    output_.Batch(batch);
    return absl::OkStatus();
  }
  return Follow(batch);
}

absl::Status BatchAsker::Wait(const std::string& name) {
  gate::GetBatchRequest get;
  get.set_name(name);
  ASSIGN_OR_RETURN(const gate::GetBatchResponse present, mesh_.GetBatch(get));
  if (!AllFinal(present.batch())) return Follow(present.batch());
  output_.Batch(present.batch());
  return OutcomeOf(present.batch());
}

absl::Status BatchAsker::Follow(const BatchRecord& present) {
  gate::WatchCommandRequest watch;
  watch.set_name(present.name());
  BatchRecord last = present;
  gate::CommandState shown = gate::COMMAND_STATE_UNSPECIFIED;
  const absl::Status status = mesh_.WatchCommand(
      watch, TimeLeft(present.submit_time(), present.execute_by()),
      [&](const gate::WatchCommandResponse& now) {
        last = now.batch();
        if (now.has_command() && EndsByItself(now.command().state())) {
          output_.Item(now.command());
        } else if (last.approval_state() != shown && !AllFinal(last)) {
          output_.Batch(last);
        }
        shown = last.approval_state();
        return absl::OkStatus();
      });
  if (AllFinal(last)) {
    output_.Batch(last);
    return OutcomeOf(last);
  }
  return StillGoing(last.name(), status);
}

}  // namespace u2fi::cli
