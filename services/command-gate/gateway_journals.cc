#include "services/command-gate/gateway_journals.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/limits.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using audit::v1::Writer;
using gateway::v1::AuditBacklog;

constexpr int kMaxRows = 1'000;
constexpr absl::Duration kWindow = absl::Minutes(1);
// Gateways of which it is known how much they sent lately.
constexpr size_t kMaxWindows = 100'000;

absl::Status ChainError(absl::string_view why) {
  return Error(reason::kAuditChain, why);
}

absl::StatusOr<store::Partition> PartitionOf(const std::string& tenant) {
  return store::Partition::Make(audit::kJournalService, tenant);
}

std::string ServiceOf(const GatewaySession& session) {
  return absl::StrCat(audit::kJournalWriterPrefix, session.site, "/",
                      session.gateway);
}

absl::Status CheckBounds(const AuditBacklog& backlog) {
  if (backlog.rows().empty() || backlog.rows_size() > kMaxRows) {
    return FieldError("audit_backlog.rows", "must be 1 to 1,000");
  }
  if (backlog.checkpoints_size() != 1) {
    return FieldError("audit_backlog.checkpoints", "must be one");
  }
  return absl::OkStatus();
}

absl::Status CheckWriter(const GatewaySession& session, const Writer& writer) {
  if (writer.service() == ServiceOf(session) &&
      writer.tenant() == session.tenant) {
    return absl::OkStatus();
  }
  return ChainError("writer: the rows are not of this gateway");
}

// The rows, each of this gateway and after the one before.
absl::StatusOr<std::vector<audit::ParsedRow>> ParseRows(
    const GatewaySession& session, const AuditBacklog& backlog) {
  std::vector<audit::ParsedRow> rows;
  rows.reserve(static_cast<size_t>(backlog.rows_size()));
  for (const audit::v1::AuditRow& row : backlog.rows()) {
    ASSIGN_OR_RETURN(audit::ParsedRow parsed, audit::CheckRow(row));
    if (parsed.erased) return ChainError("row: its body is missing");
    RETURN_IF_ERROR(CheckWriter(session, parsed.header.writer()));
    if (!rows.empty()) {
      RETURN_IF_ERROR(audit::CheckFollows(rows.back().header.writer(),
                                          audit::HeadAt(rows.back()), parsed));
    }
    rows.push_back(std::move(parsed));
  }
  return rows;
}

absl::Status CheckCheckpoint(const audit::v1::SignedCheckpoint& checkpoint,
                             const audit::ParsedRow& last,
                             const crypto::P256PublicKey& key) {
  ASSIGN_OR_RETURN(const audit::ParsedCheckpoint parsed,
                   audit::CheckCheckpoint(checkpoint));
  if (!(parsed.row == last.id) ||
      parsed.checkpoint.writer().SerializeAsString() !=
          last.header.writer().SerializeAsString()) {
    return ChainError("checkpoint: it does not cover the last row");
  }
  if (checkpoint.kid() != audit::Fingerprint(key)) {
    return ChainError("checkpoint: it names another key than the stream's");
  }
  return audit::VerifyCheckpoint(checkpoint, key);
}

// Where the stored chain of `writer` ends; sequence 0 if there is none. The
// incarnation finds it, and a gateway may name that of another one.
absl::StatusOr<audit::ChainHead> HeadOf(const store::Entry& entry,
                                        const Writer& writer) {
  if (!entry.exists()) return audit::ChainHead();
  ASSIGN_OR_RETURN(const audit::StoredHead stored,
                   audit::ParseHead(entry.value));
  if (stored.writer.service() == writer.service()) return stored.head;
  return ChainError("head: the incarnation is another gateway's");
}

void AddCheckpoint(const audit::v1::SignedCheckpoint& checkpoint,
                   const Writer& writer, const audit::ChainHead& head,
                   store::CommitRequest& commit) {
  const std::string value = checkpoint.SerializeAsString();
  const std::string prefix = audit::CheckpointPrefix(writer.incarnation());
  commit.put.push_back({audit::RowKey(prefix, head.id.sequence), value});
  commit.put.push_back({audit::CoveredKey(writer.incarnation()), value});
}

}  // namespace

GatewayJournals::GatewayJournals(const Clock& clock, store::Store& store,
                                 GateMetrics& metrics, const Options& options)
    : clock_(clock), store_(store), metrics_(metrics), options_(options) {}

absl::StatusOr<uint64_t> GatewayJournals::Take(const GatewaySession& session,
                                               absl::string_view spki,
                                               const AuditBacklog& backlog) {
  absl::StatusOr<uint64_t> taken = Check(session, spki, backlog);
  metrics_.CountJournal(taken.ok() ? "taken" : "refused");
  return taken;
}

absl::StatusOr<uint64_t> GatewayJournals::Check(const GatewaySession& session,
                                                absl::string_view spki,
                                                const AuditBacklog& backlog) {
  RETURN_IF_ERROR(CheckBounds(backlog));
  RETURN_IF_ERROR(CountBytes(session, backlog.ByteSizeLong()));
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(spki));
  ASSIGN_OR_RETURN(const Rows rows, ParseRows(session, backlog));
  RETURN_IF_ERROR(CheckCheckpoint(backlog.checkpoints(0), rows.back(), key));
  return Store(backlog, rows, key.point());
}

absl::Status GatewayJournals::CountBytes(const GatewaySession& session,
                                         size_t bytes) {
  MutexLock lock(mutex_);
  if (windows_.size() >= kMaxWindows) windows_.clear();
  Window& window = windows_[absl::StrCat(session.tenant, "/", session.gateway)];
  if (clock_.Uptime() - window.begun >= kWindow) {
    window = {clock_.Uptime(), 0};
  }
  window.bytes += bytes;
  if (window.bytes <= options_.bytes_per_minute) return absl::OkStatus();
  return WithRetry(Error(reason::kQuotaExceeded,
                         "the gateway sends too much of its journal"),
                   kWindow);
}

absl::StatusOr<uint64_t> GatewayJournals::Store(const AuditBacklog& backlog,
                                                const Rows& rows,
                                                const std::string& point) {
  const Writer& writer = rows.front().header.writer();
  ASSIGN_OR_RETURN(const store::Partition partition,
                   PartitionOf(writer.tenant()));
  const std::string head_key = audit::HeadKey(writer.incarnation());
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store_.Get(partition, {head_key}));
  const store::Entry& entry = snapshot.entries[0];
  ASSIGN_OR_RETURN(audit::ChainHead head, HeadOf(entry, writer));
  store::CommitRequest commit;
  RETURN_IF_ERROR(AddRows(backlog, rows, head, commit));
  if (commit.put.empty()) return head.id.sequence;
  commit.epoch = snapshot.epoch;
  commit.expect = {{head_key, entry.version}};
  commit.durability = store::Durability::kReplicated;
  commit.put.push_back({head_key, audit::ChainBuilder(writer).HeadValue(head)});
  AddCheckpoint(backlog.checkpoints(0), writer, head, commit);
  commit.put.push_back(
      {audit::AuditKeyKey(backlog.checkpoints(0).kid()), point});
  RETURN_IF_ERROR(store_.Commit(partition, commit).status());
  return head.id.sequence;
}

// Adds the rows after `head`, which moves on.
absl::Status GatewayJournals::AddRows(const AuditBacklog& backlog,
                                      const Rows& rows, audit::ChainHead& head,
                                      store::CommitRequest& commit) {
  const Writer& writer = rows.front().header.writer();
  const std::string prefix = audit::RowPrefix(writer.incarnation());
  for (size_t i = 0; i < rows.size(); ++i) {
    const audit::RowId& id = rows[i].id;
    if (id.sequence == head.id.sequence && !(id == head.id)) {
      return ChainError("head: the row is there and says something else");
    }
    if (id.sequence <= head.id.sequence) continue;
    if (id.sequence == head.id.sequence + 1) {
      RETURN_IF_ERROR(audit::CheckFollows(writer, head, rows[i]));
    } else {
      metrics_.CountJournal("gap");
    }
    const audit::v1::AuditRow& row = backlog.rows(static_cast<int>(i));
    commit.put.push_back(
        {audit::RowKey(prefix, id.sequence), row.SerializeAsString()});
    head = audit::HeadAt(rows[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> GatewayJournals::LastOf(
    const GatewaySession& session, const gateway::v1::Hello& hello) {
  if (!hello.has_journal_head()) return 0;
  const Writer& writer = hello.journal_head().writer();
  if (!CheckWriter(session, writer).ok() ||
      writer.incarnation().size() != audit::kIncarnationSize) {
    return 0;
  }
  ASSIGN_OR_RETURN(const store::Partition partition,
                   PartitionOf(session.tenant));
  ASSIGN_OR_RETURN(
      const store::Snapshot snapshot,
      store_.Get(partition, {audit::HeadKey(writer.incarnation())}));
  const auto head = HeadOf(snapshot.entries[0], writer);
  // Its rows will be refused.
  if (IsReason(head.status(), reason::kAuditChain)) return 0;
  RETURN_IF_ERROR(head.status());
  return head->id.sequence;
}

}  // namespace u2fi::command_gate
