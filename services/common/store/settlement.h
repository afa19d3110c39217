#ifndef U2FI_SERVICES_COMMON_STORE_SETTLEMENT_H_
#define U2FI_SERVICES_COMMON_STORE_SETTLEMENT_H_

#include "services/common/store/redis_codec.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// Judges a commit whose answer was lost, from what its keys hold now. The
// settlement has forbidden the commit for the future, so the question is only
// whether it happened:
//   OK with its version   a record carries its id
//   STORE_EPOCH_CHANGED   the engine has another incarnation: whatever was
//                         written then is not there now
//   STORE_ABORTED         a key that it would have changed still has the
//                         version that it expected, or was changed from that
//                         version by another commit (named in `key`)
//   STORE_OUTCOME_UNKNOWN none of these: later commits have covered the traces
// One case is taken for STORE_ABORTED though it need not be: a key that the
// commit creates, that another one removes within the same seconds.
absl::StatusOr<Version> JudgeLostCommit(const CommitRequest& request,
                                        absl::string_view commit_id,
                                        const Found& found);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SETTLEMENT_H_
