#ifndef U2FI_SERVICES_COMMON_AUDIT_SINK_H_
#define U2FI_SERVICES_COMMON_AUDIT_SINK_H_

#include <vector>

#include "absl/status/status.h"
#include "services/common/audit/export_record.h"

namespace u2fi::audit {

// Where the audit goes to stay. One drainer at a time uses it; the same record
// may come again after a restart or from another replica.
class Sink {
 public:
  virtual ~Sink() = default;

  // Takes records in order. On an error some of them may be there already.
  virtual absl::Status Append(const std::vector<ExportRecord>& records) = 0;

  // OK once everything that was appended is durable: only then rows are
  // deleted from the store.
  virtual absl::Status Flush() = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_SINK_H_
