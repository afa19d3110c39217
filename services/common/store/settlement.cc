#include "services/common/store/settlement.h"

#include <map>
#include <vector>

#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

// What a settlement knows about one key that the commit would have changed.
struct Trace {
  absl::string_view key;
  bool put;
  const absl::optional<RecordHeader>& now;
};

std::vector<Trace> TracesOf(const CommitRequest& request, const Found& found) {
  std::vector<Trace> traces;
  for (size_t i = 0; i < request.put.size(); ++i) {
    traces.push_back({request.put[i].key, true, found.headers[i]});
  }
  for (size_t i = 0; i < request.remove.size(); ++i) {
    traces.push_back(
        {request.remove[i], false, found.headers[request.put.size() + i]});
  }
  return traces;
}

// The key is as the commit expected it: nobody has changed it.
bool Untouched(const Trace& trace, Version expected) {
  if (!trace.now.has_value()) return trace.put && expected == kAbsent;
  return trace.now->version == expected;
}

// Another commit has changed the key straight from what this one expected.
bool TakenByAnother(const Trace& trace, Version expected) {
  return trace.now.has_value() && trace.now->replaced == expected &&
         (trace.put || expected != kAbsent);
}

}  // namespace

absl::StatusOr<Version> JudgeLostCommit(const CommitRequest& request,
                                        absl::string_view commit_id,
                                        const Found& found) {
  const std::vector<Trace> traces = TracesOf(request, found);
  for (const Trace& trace : traces) {
    if (trace.now.has_value() && trace.now->commit_id == commit_id) {
      return trace.now->version;
    }
  }
  if (found.epoch != request.epoch) return EpochChanged();
  std::map<absl::string_view, Version> expected;
  for (const Expect& expect : request.expect) {
    expected[expect.key] = expect.version;
  }
  for (const Trace& trace : traces) {
    const auto expect = expected.find(trace.key);
    if (expect == expected.end()) continue;
    if (TakenByAnother(trace, expect->second)) return Aborted(trace.key);
    if (Untouched(trace, expect->second)) return Aborted("");
  }
  return OutcomeUnknown("its answer was lost, and its traces are covered");
}

}  // namespace u2fi::store
