#include "services/common/store/redis_codec.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/engine_rules.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

// How long a stopped commit stays forbidden: longer than any network keeps it.
constexpr absl::Duration kStopLife = absl::Hours(1);

// Errors of Redis and Valkey that come before a script's first write.
constexpr const char* kRefusals[] = {
    "READONLY", "OOM",    "MISCONF",   "LOADING", "MASTERDOWN", "NOREPLICAS",
    "NOPERM",   "NOAUTH", "WRONGPASS", "BUSY",    "NOSCRIPT",   "CLUSTERDOWN",
    "MOVED",    "ASK",    "CROSSSLOT", "TRYAGAIN"};

// Every record that a Get asks for may be one header longer than its value.
size_t MostBytes(size_t records) {
  return kMaxReadBytes + records * kRecordHeaderSize;
}

std::vector<std::string> RecordKeys(const RedisLayout& layout,
                                    const CommitRequest& request) {
  std::vector<std::string> keys;
  for (const Put& put : request.put) keys.push_back(layout.Record(put.key));
  for (const std::string& key : request.remove) {
    keys.push_back(layout.Record(key));
  }
  return keys;
}

std::vector<std::string> RecordTails(const CommitRequest& request,
                                     absl::string_view commit_id) {
  std::map<absl::string_view, Version> expected;
  for (const Expect& expect : request.expect) {
    expected[expect.key] = expect.version;
  }
  std::vector<std::string> tails;
  for (const Put& put : request.put) {
    const auto found = expected.find(put.key);
    tails.push_back(
        RecordTail(found == expected.end() ? kReplacedUnknown : found->second,
                   commit_id, ExpiryMillis(put.expire_hint), put.value));
  }
  return tails;
}

absl::Status Malformed() {
  return Corrupt("(reply)", "is not of the agreed form");
}

// The elements of an array that begins with the epoch.
absl::StatusOr<std::vector<const redisReply*>> WithEpoch(
    const redisReply& reply, Epoch& epoch) {
  RETURN_IF_ERROR(ErrorOf(reply));
  std::vector<const redisReply*> elements = Elements(reply);
  if (elements.empty()) return Malformed();
  const absl::StatusOr<absl::string_view> text = AsString(*elements[0]);
  if (!text.ok()) return Malformed();
  epoch = std::string(*text);
  return elements;
}

absl::StatusOr<Entry> ParseEntry(absl::string_view key,
                                 const redisReply& reply) {
  if (IsNil(reply)) return Entry();
  const absl::StatusOr<absl::string_view> record = AsString(reply);
  if (!record.ok()) return Malformed();
  ASSIGN_OR_RETURN(const RecordHeader header, ParseRecordHeader(key, *record));
  return Entry{std::string(RecordValue(*record)), header.version};
}

absl::StatusOr<Version> CommitOutcome(const CommitRequest& request,
                                      int64_t code, int64_t number) {
  const auto expects = static_cast<int64_t>(request.expect.size());
  switch (static_cast<CommitCode>(code)) {
    case CommitCode::kOk:
      if ((number > 0) != request.put.empty()) {
        return static_cast<Version>(number);
      }
      break;
    case CommitCode::kAborted:
      if (number >= 1 && number <= expects) {
        return Aborted(request.expect[number - 1].key);
      }
      break;
    case CommitCode::kEpochChanged:
      return EpochChanged();
    case CommitCode::kStopped:
      return Aborted("");
  }
  return OutcomeUnknown("the answer is not of the agreed form");
}

}  // namespace

ScriptCall GetCall(const RedisLayout& layout,
                   const std::vector<std::string>& keys) {
  ScriptCall call{RedisScript::kGet, {layout.Counter()}, {}};
  for (const std::string& key : keys) call.keys.push_back(layout.Record(key));
  call.arguments = {absl::StrCat(MostBytes(keys.size()))};
  return call;
}

ScriptCall ScanCall(const RedisLayout& layout, absl::string_view prefix,
                    absl::string_view after, size_t limit) {
  return {RedisScript::kScan,
          {layout.Index()},
          {ScanFrom(prefix, after), ScanUntil(prefix), absl::StrCat(limit),
           absl::StrCat(MostBytes(limit))}};
}

ScriptCall CommitCall(const RedisLayout& layout, const CommitRequest& request,
                      absl::string_view commit_id) {
  ScriptCall call{
      RedisScript::kCommit,
      {layout.Counter(), layout.Index(), layout.Expiry(),
       layout.Stop(commit_id)},
      {request.epoch, std::string(commit_id),
       absl::StrCat(request.expect.size()), absl::StrCat(request.put.size()),
       absl::StrCat(request.remove.size()),
       absl::StrCat(DropAllowance(request))}};
  for (const Expect& expect : request.expect) {
    call.keys.push_back(layout.Record(expect.key));
    call.arguments.push_back(PackVersion(expect.version));
  }
  for (std::string& key : RecordKeys(layout, request)) {
    call.keys.push_back(std::move(key));
  }
  for (std::string& tail : RecordTails(request, commit_id)) {
    call.arguments.push_back(std::move(tail));
  }
  return call;
}

ScriptCall SettleCall(const RedisLayout& layout, const CommitRequest& request,
                      absl::string_view commit_id) {
  ScriptCall call{RedisScript::kSettle,
                  {layout.Stop(commit_id)},
                  {absl::StrCat(absl::ToInt64Milliseconds(kStopLife))}};
  for (std::string& key : RecordKeys(layout, request)) {
    call.keys.push_back(std::move(key));
  }
  return call;
}

std::string EncodeCommand(const std::vector<std::string>& words) {
  std::string bytes = absl::StrCat("*", words.size(), "\r\n");
  for (const std::string& word : words) {
    absl::StrAppend(&bytes, "$", word.size(), "\r\n", word, "\r\n");
  }
  return bytes;
}

std::string Encode(const ScriptCall& call, bool with_text) {
  std::vector<std::string> words = {
      with_text ? "EVAL" : "EVALSHA",
      with_text ? TextOf(call.script) : ShaOf(call.script),
      absl::StrCat(call.keys.size())};
  words.insert(words.end(), call.keys.begin(), call.keys.end());
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  return EncodeCommand(words);
}

absl::StatusOr<Snapshot> ParseGet(const std::vector<std::string>& keys,
                                  const redisReply& reply) {
  Snapshot snapshot;
  ASSIGN_OR_RETURN(const auto elements, WithEpoch(reply, snapshot.epoch));
  if (elements.size() == 2 && AsInteger(*elements[1]).ok()) {
    return ReadTooLarge();
  }
  if (elements.size() != keys.size() + 1) return Malformed();
  snapshot.entries.resize(keys.size());
  for (size_t i = 1; i < elements.size(); ++i) {
    ASSIGN_OR_RETURN(snapshot.entries[i - 1],
                     ParseEntry(keys[i - 1], *elements[i]));
  }
  return snapshot;
}

absl::StatusOr<Page> ParseScan(const redisReply& reply) {
  Page page;
  ASSIGN_OR_RETURN(const auto elements, WithEpoch(reply, page.epoch));
  if (elements.size() < 2 || elements.size() % 2 != 0) return Malformed();
  const absl::StatusOr<int64_t> more = AsInteger(*elements[1]);
  if (!more.ok()) return Malformed();
  page.more = *more != 0;
  for (size_t i = 2; i < elements.size(); i += 2) {
    const absl::StatusOr<absl::string_view> key = AsString(*elements[i]);
    if (!key.ok()) return Malformed();
    ASSIGN_OR_RETURN(Entry entry, ParseEntry(*key, *elements[i + 1]));
    if (!entry.exists()) return Malformed();
    page.items.push_back(
        {std::string(*key), std::move(entry.value), entry.version});
  }
  if (page.more && page.items.empty()) return Malformed();
  return page;
}

absl::StatusOr<Version> ParseCommit(const CommitRequest& request,
                                    absl::string_view commit_id,
                                    const redisReply& reply) {
  RETURN_IF_ERROR(ErrorOf(reply));
  const std::vector<const redisReply*> elements = Elements(reply);
  if (elements.size() != 3 ||
      AsString(*elements[0]).value_or("") != commit_id) {
    return OutcomeUnknown("the answer is to another commit");
  }
  const absl::StatusOr<int64_t> code = AsInteger(*elements[1]);
  const absl::StatusOr<int64_t> number = AsInteger(*elements[2]);
  if (!code.ok() || !number.ok()) {
    return OutcomeUnknown("the answer is not of the agreed form");
  }
  return CommitOutcome(request, *code, *number);
}

absl::StatusOr<Found> ParseSettle(const CommitRequest& request,
                                  const redisReply& reply) {
  Found found;
  ASSIGN_OR_RETURN(const auto elements, WithEpoch(reply, found.epoch));
  if (elements.size() != 1 + request.put.size() + request.remove.size()) {
    return Malformed();
  }
  for (size_t i = 1; i < elements.size(); ++i) {
    const absl::StatusOr<absl::string_view> bytes = AsString(*elements[i]);
    if (!bytes.ok()) return Malformed();
    absl::optional<RecordHeader> header;
    if (!bytes->empty()) {
      ASSIGN_OR_RETURN(header, ParseRecordHeader("(header)", *bytes));
    }
    found.headers.push_back(std::move(header));
  }
  return found;
}

absl::StatusOr<absl::Time> ParseTime(const redisReply& reply) {
  RETURN_IF_ERROR(ErrorOf(reply));
  int64_t parts[2] = {0, 0};
  const std::vector<const redisReply*> elements = Elements(reply);
  if (elements.size() != 2) return Malformed();
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<absl::string_view> text = AsString(*elements[i]);
    if (!text.ok() || !absl::SimpleAtoi(*text, &parts[i])) return Malformed();
  }
  return absl::FromUnixSeconds(parts[0]) + absl::Microseconds(parts[1]);
}

absl::Status ErrorOf(const redisReply& reply) {
  const absl::string_view text = ErrorText(reply);
  if (text.empty()) return absl::OkStatus();
  const bool refused = std::any_of(
      std::begin(kRefusals), std::end(kRefusals),
      [&](const char* word) { return absl::StartsWith(text, word); });
  return refused ? Unavailable(text) : OutcomeUnknown(text);
}

}  // namespace u2fi::store
