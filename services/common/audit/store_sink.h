#ifndef U2FI_SERVICES_COMMON_AUDIT_STORE_SINK_H_
#define U2FI_SERVICES_COMMON_AUDIT_STORE_SINK_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/audit/sink.h"
#include "services/common/store/store.h"

namespace u2fi::audit {

// The sink of a deployment without a sink file: rows stay in the store where
// they are, and the checkpoints that cover them are written beside them, each
// with the key that signed it (keys.h). Not thread-safe.
class StoreSink : public Sink {
 public:
  // `store` must outlive this object.
  explicit StoreSink(store::Store& store) : store_(store) {}

  // Writes checkpoints durably; rows are there already. Errors of the store;
  // AUDIT_FORMAT for a checkpoint that is not in form.
  absl::Status Append(const std::vector<ExportRecord>& records) override;
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  absl::Status Write(const v1::SignedCheckpoint& checkpoint);

  store::Store& store_;
  absl::optional<AuditKey> key_;
};

// The row up to which checkpoints in the store cover this chain; 0: none does.
// AUDIT_FORMAT if the last checkpoint cannot be read.
absl::StatusOr<uint64_t> CoveredInStore(store::Store& store,
                                        const store::Partition& partition,
                                        absl::string_view incarnation);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_STORE_SINK_H_
