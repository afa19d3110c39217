#include "services/common/audit/store_sink.h"

#include <string>

#include "services/common/audit/keys.h"
#include "services/common/audit/rules.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {

absl::Status StoreSink::Append(const std::vector<ExportRecord>& records) {
  for (const ExportRecord& record : records) {
    if (const auto* key = std::get_if<AuditKey>(&record)) key_ = *key;
    const auto* checkpoint = std::get_if<v1::SignedCheckpoint>(&record);
    if (checkpoint != nullptr) RETURN_IF_ERROR(Write(*checkpoint));
  }
  return absl::OkStatus();
}

absl::Status StoreSink::Write(const v1::SignedCheckpoint& checkpoint) {
  ASSIGN_OR_RETURN(const ParsedCheckpoint parsed, CheckCheckpoint(checkpoint));
  const v1::Writer& writer = parsed.checkpoint.writer();
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(writer.service(), writer.tenant()));
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_.Get(partition, {}));
  const std::string& incarnation = writer.incarnation();
  const std::string value = checkpoint.SerializeAsString();
  store::CommitRequest request;
  request.epoch = snapshot.epoch;
  request.put = {
      {RowKey(CheckpointPrefix(incarnation), parsed.row.sequence), value},
      {CoveredKey(incarnation), value}};
  if (key_.has_value()) {
    request.put.push_back({AuditKeyKey(key_->kid), key_->point});
  }
  return store_.Commit(partition, request).status();
}

absl::StatusOr<uint64_t> CoveredInStore(store::Store& store,
                                        const store::Partition& partition,
                                        absl::string_view incarnation) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store.Get(partition, {CoveredKey(incarnation)}));
  if (!snapshot.entries[0].exists()) return 0;
  v1::SignedCheckpoint last;
  if (!last.ParseFromString(snapshot.entries[0].value)) {
    return FormatError("checkpoint", "cannot be read");
  }
  ASSIGN_OR_RETURN(const ParsedCheckpoint parsed, CheckCheckpoint(last));
  return parsed.row.sequence;
}

}  // namespace u2fi::audit
