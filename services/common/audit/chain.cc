#include "services/common/audit/chain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/rules.h"
#include "services/common/audit/wire.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

struct Link {
  const v1::Writer& writer;
  const ChainHead& head;
  const ParsedRow& row;
};

bool SameWriter(const v1::Writer& a, const v1::Writer& b) {
  return a.incarnation() == b.incarnation() && a.service() == b.service() &&
         a.tenant() == b.tenant();
}

absl::Status ChainError(absl::string_view step, absl::string_view problem) {
  return Error(reason::kAuditChain, absl::StrCat(step, ": ", problem),
               {{"step", std::string(step)}});
}

absl::Status CheckSameWriter(const Link& link) {
  if (SameWriter(link.writer, link.row.header.writer())) {
    return absl::OkStatus();
  }
  return ChainError("writer", "the row is of another writer");
}

absl::Status CheckSequence(const Link& link) {
  if (link.row.id.sequence == link.head.id.sequence + 1) {
    return absl::OkStatus();
  }
  return ChainError("sequence",
                    absl::StrCat("row ", link.row.id.sequence, " after row ",
                                 link.head.id.sequence));
}

absl::Status CheckPrevious(const Link& link) {
  const absl::string_view expected = link.head.id.sequence == 0
                                         ? absl::string_view()
                                         : crypto::View(link.head.id.hash);
  if (link.row.header.previous() == expected) return absl::OkStatus();
  return ChainError("previous", "the row names another row before it");
}

absl::Status CheckTime(const Link& link) {
  if (link.row.header.time_ms() >= link.head.time_ms) return absl::OkStatus();
  return ChainError("time", "the row is earlier than the one before");
}

using Step = absl::Status (*)(const Link&);
constexpr Step kSteps[] = {CheckSameWriter, CheckSequence, CheckPrevious,
                           CheckTime};

}  // namespace

ChainBuilder::ChainBuilder(
    const v1::Writer& writer,
    const absl::optional<v1::RowReference>& predecessor) {
  AppendNumber(1, kFormat, start_);
  AppendBytes(2, proof::Encode(writer), start_);
  if (predecessor.has_value()) {
    AppendBytes(9, proof::Encode(*predecessor), predecessor_);
  }
}

std::string ChainBuilder::Append(const PreparedRow& row, uint64_t now_ms,
                                 ChainHead& head) const {
  const bool first = head.id.sequence == 0;
  const uint64_t time_ms = std::max(now_ms, head.time_ms);
  std::string header;
  header.reserve(start_.size() + row.header_end().size() + 64);
  header = start_;
  AppendNumber(3, head.id.sequence + 1, header);
  if (!first) AppendBytes(4, crypto::View(head.id.hash), header);
  AppendNumber(5, time_ms, header);
  header += row.header_end();
  if (first) header += predecessor_;

  std::string stored;
  stored.reserve(header.size() + row.row_end().size() + 4);
  AppendBytes(1, header, stored);
  stored += row.row_end();
  head = {{head.id.sequence + 1, HeaderHash(header)}, time_ms};
  return stored;
}

std::string ChainBuilder::HeadValue(const ChainHead& head) const {
  std::string value = start_;
  if (head.id.sequence == 0) return value;
  AppendNumber(3, head.id.sequence, value);
  AppendBytes(4, crypto::View(head.id.hash), value);
  AppendNumber(5, head.time_ms, value);
  return value;
}

v1::RowReference ReferenceTo(const v1::Writer& writer, const RowId& row) {
  v1::RowReference reference;
  *reference.mutable_writer() = writer;
  reference.set_sequence(row.sequence);
  reference.set_hash(crypto::ToString(row.hash));
  return reference;
}

absl::StatusOr<StoredHead> ParseHead(absl::string_view value) {
  ASSIGN_OR_RETURN(const v1::Checkpoint stored,
                   proof::Parse<v1::Checkpoint>(value, kMaxCheckpointSize,
                                                reason::kAuditFormat));
  RETURN_IF_ERROR(CheckWriter(stored.writer()));
  StoredHead head{stored.writer(), {}};
  if (stored.sequence() == 0) return head;
  if (stored.hash().size() != kHashSize) {
    return FormatError("hash", "is not 32 bytes");
  }
  head.head = {{stored.sequence(), {}}, stored.time_ms()};
  std::copy(stored.hash().begin(), stored.hash().end(),
            head.head.id.hash.begin());
  return head;
}

absl::Status CheckFollows(const v1::Writer& writer, const ChainHead& head,
                          const ParsedRow& row) {
  const Link link{writer, head, row};
  for (Step check : kSteps) RETURN_IF_ERROR(check(link));
  return absl::OkStatus();
}

ChainHead HeadAt(const ParsedRow& row) {
  return {row.id, row.header.time_ms()};
}

}  // namespace u2fi::audit
