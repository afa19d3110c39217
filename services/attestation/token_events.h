#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_EVENTS_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_EVENTS_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "u2fi/attestation/records/v1/records.pb.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Tells all replicas which tokens changed, over the store's hints, and passes
// on what it hears, own events included. Events can get lost: they say what to
// read again, never what is. Thread-safe.
class TokenEvents {
 public:
  // Nothing: events may have been missed.
  using Event = absl::optional<v1::WatchTokensResponse>;
  using Callback = std::function<void(const Event&)>;

  // Keeps a callback while it lives. Its destructor waits for a call that is
  // running, so the callback must not destroy it.
  class Watch {
   public:
    Watch(TokenEvents& events, std::string tenant, Callback callback);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class TokenEvents;
    TokenEvents& events_;
    const std::string tenant_;
    const Callback callback_;
  };

  // `store` must outlive this object.
  explicit TokenEvents(u2fi::store::Store& store) : store_(store) {}

  // Begins to hear. Errors are the store's; may be tried again.
  absl::Status Start();

  // Says that `token` is now as it stands there. If the store is away the
  // event is lost.
  void Publish(absl::string_view tenant, const records::v1::TokenRow& token);

  // Calls `callback` for each event of the tenant (empty: of all) and for each
  // gap, one call at a time, on a thread of the store: it hands over and
  // returns. All watches must be gone before this object.
  std::unique_ptr<Watch> Subscribe(std::string tenant, Callback callback);

 private:
  void OnHint(const u2fi::store::Hint& hint);

  u2fi::store::Store& store_;
  Mutex mutex_;
  std::set<Watch*> watches_ ABSL_GUARDED_BY(mutex_);
  // Last, so that it goes first: no hint comes afterwards.
  std::unique_ptr<u2fi::store::Subscription> subscription_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_EVENTS_H_
