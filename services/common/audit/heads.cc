#include "services/common/audit/heads.h"

#include <algorithm>
#include <string>

#include "services/common/audit/keys.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr size_t kScanHeads = 500;

}  // namespace

absl::StatusOr<std::vector<WriterHead>> ListHeads(
    store::Store& store, const store::Partition& partition) {
  std::vector<WriterHead> heads;
  store::Page page;
  do {
    const std::string after =
        page.items.empty() ? std::string() : page.items.back().key;
    ASSIGN_OR_RETURN(page,
                     store.Scan(partition, kHeadPrefix, after, kScanHeads));
    for (const store::Item& item : page.items) {
      const absl::StatusOr<StoredHead> stored = ParseHead(item.value);
      if (!stored.ok() || stored->head.id.sequence == 0) continue;
      heads.push_back({stored->writer, stored->head, item.version});
    }
  } while (page.more);
  std::stable_sort(heads.begin(), heads.end(),
                   [](const WriterHead& a, const WriterHead& b) {
                     return a.head.time_ms > b.head.time_ms;
                   });
  return heads;
}

}  // namespace u2fi::audit
