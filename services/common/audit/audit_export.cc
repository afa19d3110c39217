#include "services/common/audit/audit_export.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/audit/heads.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/row.h"
#include "services/common/audit/rules.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/proto_millis.h"

namespace u2fi::audit {
namespace {

constexpr int kMaxRecords = 256;
constexpr size_t kMaxBytes = 1 << 20;
constexpr size_t kRowsAtOnce = 100;
constexpr size_t kKeysAtOnce = 100;

std::string ChainName(const v1::Writer& writer) {
  return absl::StrCat(writer.service(), "/", writer.incarnation());
}

absl::StatusOr<std::string> TenantOf(const rpc::Caller& caller,
                                     const v1::ExportAuditRequest& request) {
  if (caller.tenant().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("tenant", request.tenant()));
    return request.tenant();
  }
  if (request.tenant().empty() || request.tenant() == caller.tenant()) {
    return caller.tenant();
  }
  return Error(reason::kTenantMismatch,
               "the request names another tenant than the certificate");
}

absl::Status CheckFields(const ExportParts& parts,
                         const v1::ExportAuditRequest& request) {
  if (!request.service().empty() &&
      std::count(parts.services.begin(), parts.services.end(),
                 request.service()) == 0) {
    return Error(reason::kResourceUnknown, "no such service here");
  }
  if (!request.subject().empty() && !CheckSubject(request.subject()).ok()) {
    return FieldError("subject", "is not a resource name");
  }
  if (request.after_sequence() != 0 && !request.has_writer()) {
    return FieldError("after_sequence", "goes with a writer only");
  }
  return absl::OkStatus();
}

// Whether the chain is among those of `service`: its own, or all journals.
bool IsOf(const v1::Writer& writer, const std::string& service) {
  return service == kJournalService
             ? absl::StartsWith(writer.service(), kJournalWriterPrefix)
             : writer.service() == service;
}

// The number of the first row among them; 0: there is none.
uint64_t FirstRow(const std::vector<ExportRecord>& records) {
  for (const ExportRecord& record : records) {
    const auto* row = std::get_if<v1::AuditRow>(&record);
    v1::AuditHeader header;
    if (row != nullptr && header.ParseFromString(row->header())) {
      return header.sequence();
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditExport>> AuditExport::Open(
    const ExportParts& parts, const rpc::Caller& caller,
    v1::ExportAuditRequest request) {
  ASSIGN_OR_RETURN(std::string tenant, TenantOf(caller, request));
  RETURN_IF_ERROR(CheckFields(parts, request));
  const bool with_bodies = caller.role() != rpc::Role::kPlatformOperator;
  std::unique_ptr<AuditExport> opened(new AuditExport(
      parts, std::move(request), std::move(tenant), with_bodies));
  RETURN_IF_ERROR(opened->CheckWriterExists());
  return opened;
}

AuditExport::AuditExport(const ExportParts& parts,
                         v1::ExportAuditRequest request, std::string tenant,
                         bool with_bodies)
    : parts_(parts),
      request_(std::move(request)),
      tenant_(std::move(tenant)),
      with_bodies_(with_bodies) {
  if (!parts_.sink_file.empty()) file_.emplace(parts_.sink_file);
  v1::ExportHeader& header = *queue_.emplace_back().mutable_header();
  header.set_format(1);
  header.set_tenant(tenant_);
  header.set_rp_id(parts_.rp_id);
  header.set_time_ms(static_cast<uint64_t>(UnixMillis(parts_.clock)));
  header.set_program(parts_.program);
}

absl::Status AuditExport::CheckWriterExists() {
  RETURN_IF_ERROR(FindChains());
  if (!request_.has_writer() || !chains_.empty()) return absl::OkStatus();
  return Error(reason::kResourceUnknown, "no such writer");
}

absl::StatusOr<v1::ExportAuditResponse> AuditExport::Next() {
  if (queue_.empty()) RETURN_IF_ERROR(Fill());
  v1::ExportAuditResponse response;
  size_t bytes = 0;
  while (!queue_.empty() && response.records_size() < kMaxRecords) {
    bytes += queue_.front().ByteSizeLong() + 8;
    if (bytes > kMaxBytes && response.records_size() > 0) break;
    *response.add_records() = std::move(queue_.front());
    queue_.pop_front();
  }
  return response;
}

absl::Status AuditExport::Fill() {
  if (file_.has_value()) RETURN_IF_ERROR(ReadFile());
  if (!queue_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(FindChains());
  for (StoredChain* chain : order_) {
    RETURN_IF_ERROR(ReadChain(*chain));
    if (!queue_.empty()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status AuditExport::ReadFile() {
  while (queue_.size() < kMaxRecords) {
    ASSIGN_OR_RETURN(absl::optional<ExportRecord> record, file_->Next());
    if (!record.has_value()) return absl::OkStatus();
    Queue(*std::move(record));
  }
  return absl::OkStatus();
}

absl::Status AuditExport::FindChains() {
  for (const std::string& service : parts_.services) {
    if (!request_.service().empty() && service != request_.service()) continue;
    RETURN_IF_ERROR(FindChainsOf(service));
  }
  return absl::OkStatus();
}

absl::Status AuditExport::FindChainsOf(const std::string& service) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(service, tenant_));
  RETURN_IF_ERROR(AddKeys(partition));
  ASSIGN_OR_RETURN(std::vector<WriterHead> heads,
                   ListHeads(parts_.store, partition));
  std::reverse(heads.begin(), heads.end());
  for (const WriterHead& head : heads) {
    const std::string name = ChainName(head.writer);
    if (!IsAskedFor(head.writer) || chains_.count(name) != 0) continue;
    const auto added =
        chains_.emplace(name, StoredChain(parts_.store, partition, head.writer,
                                          request_.after_sequence()));
    order_.push_back(&added.first->second);
  }
  return absl::OkStatus();
}

absl::Status AuditExport::AddKeys(const store::Partition& partition) {
  store::Page page;
  do {
    const std::string after =
        page.items.empty() ? std::string() : page.items.back().key;
    ASSIGN_OR_RETURN(page, parts_.store.Scan(partition, kAuditKeyPrefix, after,
                                             kKeysAtOnce));
    for (const store::Item& item : page.items) {
      QueueKey(item.key.substr(kAuditKeyPrefix.size()), item.value);
    }
  } while (page.more);
  return absl::OkStatus();
}

// A writer may have begun to sign, or to sign with another key, since the keys
// were read.
absl::Status AuditExport::AddKeyOf(const ExportRecord& record,
                                   const store::Partition& partition) {
  const auto* checkpoint = std::get_if<v1::SignedCheckpoint>(&record);
  if (checkpoint == nullptr || keys_.count(checkpoint->kid()) > 0) {
    return absl::OkStatus();
  }
  return AddKeys(partition);
}

absl::Status AuditExport::ReadChain(StoredChain& chain) {
  // What the file has need not come again.
  const uint64_t queued = queued_[ChainName(chain.writer())];
  if (chain.last() < queued) chain.SkipTo(queued);
  while (queue_.empty()) {
    ASSIGN_OR_RETURN(std::vector<ExportRecord> records,
                     chain.Next(kRowsAtOnce));
    if (records.empty()) return absl::OkStatus();
    if (file_.has_value() && FirstRow(records) > queued + 1) {
      // Drained meanwhile: the file has what is missing here.
      chain.SkipTo(queued);
      RETURN_IF_ERROR(ReadFile());
      if (!queue_.empty()) return absl::OkStatus();
      ASSIGN_OR_RETURN(records, chain.Next(kRowsAtOnce));
    }
    for (ExportRecord& record : records) {
      RETURN_IF_ERROR(AddKeyOf(record, chain.partition()));
      Queue(std::move(record));
    }
  }
  return absl::OkStatus();
}

void AuditExport::Queue(ExportRecord record) {
  if (auto* row = std::get_if<v1::AuditRow>(&record)) {
    QueueRow(std::move(*row));
  } else if (auto* checkpoint = std::get_if<v1::SignedCheckpoint>(&record)) {
    QueueCheckpoint(std::move(*checkpoint));
  } else if (const auto* key = std::get_if<AuditKey>(&record)) {
    QueueKey(key->kid, key->point);
  }
}

void AuditExport::QueueRow(v1::AuditRow row) {
  v1::AuditHeader header;
  if (!header.ParseFromString(row.header()) || !IsAskedFor(header)) return;
  uint64_t& queued = queued_[ChainName(header.writer())];
  if (header.sequence() <= queued) return;
  queued = header.sequence();
  if (!with_bodies_) {
    row.clear_salt();
    row.clear_body();
  }
  *queue_.emplace_back().mutable_row() = std::move(row);
}

// A checkpoint is of use after the row that it names only.
void AuditExport::QueueCheckpoint(v1::SignedCheckpoint checkpoint) {
  v1::Checkpoint parsed;
  if (!parsed.ParseFromString(checkpoint.checkpoint())) return;
  const auto queued = queued_.find(ChainName(parsed.writer()));
  if (queued == queued_.end() || queued->second != parsed.sequence()) return;
  *queue_.emplace_back().mutable_checkpoint() = std::move(checkpoint);
}

void AuditExport::QueueKey(const std::string& kid, const std::string& point) {
  if (!keys_.insert(kid).second) return;
  v1::AuditKey& key = *queue_.emplace_back().mutable_key();
  key.set_kid(kid);
  key.set_point(point);
}

bool AuditExport::IsAskedFor(const v1::Writer& writer) const {
  return writer.tenant() == tenant_ &&
         (request_.service().empty() || IsOf(writer, request_.service())) &&
         (!request_.has_writer() ||
          writer.SerializeAsString() == request_.writer().SerializeAsString());
}

bool AuditExport::IsAskedFor(const v1::AuditHeader& header) const {
  const auto& subjects = header.subjects();
  const int64_t since = ProtoMillis(request_.since());
  return IsAskedFor(header.writer()) &&
         header.sequence() > request_.after_sequence() &&
         static_cast<int64_t>(header.time_ms()) >= since &&
         (request_.subject().empty() ||
          std::count(subjects.begin(), subjects.end(), request_.subject()) > 0);
}

}  // namespace u2fi::audit
