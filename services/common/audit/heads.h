#ifndef U2FI_SERVICES_COMMON_AUDIT_HEADS_H_
#define U2FI_SERVICES_COMMON_AUDIT_HEADS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/common/audit/chain.h"
#include "services/common/store/store.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// Where a writer's chain ended when its head was read.
struct WriterHead {
  v1::Writer writer;
  ChainHead head;
  store::Version version = store::kAbsent;
};

// The heads of all writers of the partition whose chains have begun, the
// latest first. Heads that cannot be read are left out.
absl::StatusOr<std::vector<WriterHead>> ListHeads(
    store::Store& store, const store::Partition& partition);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_HEADS_H_
