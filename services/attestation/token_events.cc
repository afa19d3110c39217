#include "services/attestation/token_events.h"

#include <utility>

#include "services/attestation/token_store.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

constexpr char kTopic[] = "tokens";

}  // namespace

TokenEvents::Watch::Watch(TokenEvents& events, std::string tenant,
                          Callback callback)
    : events_(events),
      tenant_(std::move(tenant)),
      callback_(std::move(callback)) {
  MutexLock lock(events_.mutex_);
  events_.watches_.insert(this);
}

TokenEvents::Watch::~Watch() {
  MutexLock lock(events_.mutex_);
  events_.watches_.erase(this);
}

absl::Status TokenEvents::Start() {
  ASSIGN_OR_RETURN(const u2fi::store::Partition partition, SharedPartition());
  ASSIGN_OR_RETURN(subscription_,
                   store_.Subscribe(partition, kTopic,
                                    [this](const u2fi::store::Hint& hint) {
                                      OnHint(hint);
                                    }));
  return absl::OkStatus();
}

void TokenEvents::Publish(absl::string_view tenant,
                          const records::v1::TokenRow& token) {
  const auto partition = SharedPartition();
  if (!partition.ok()) return;
  v1::WatchTokensResponse event;
  event.set_tenant(std::string(tenant));
  event.set_account(token.account());
  event.set_token_id(token.token_id());
  event.set_state(token.state());
  // A hint that cannot be sent is like one that got lost.
  (void)store_.Publish(*partition, kTopic, event.SerializeAsString());
}

std::unique_ptr<TokenEvents::Watch> TokenEvents::Subscribe(std::string tenant,
                                                           Callback callback) {
  return std::make_unique<Watch>(*this, std::move(tenant), std::move(callback));
}

void TokenEvents::OnHint(const u2fi::store::Hint& hint) {
  v1::WatchTokensResponse parsed;
  Event event;
  if (!hint.read_again && parsed.ParseFromString(hint.payload)) event = parsed;
  MutexLock lock(mutex_);
  for (const Watch* const watch : watches_) {
    if (!event.has_value() || watch->tenant_.empty() ||
        watch->tenant_ == event->tenant()) {
      watch->callback_(event);
    }
  }
}

}  // namespace u2fi::attestation
