#ifndef U2FI_SERVICES_COMMAND_GATE_WEBHOOK_EVENT_H_
#define U2FI_SERVICES_COMMAND_GATE_WEBHOOK_EVENT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/command-gate/command_store.h"

namespace u2fi::command_gate {

// What a webhook is told of. The command itself is read when it is told.
struct WebhookEvent {
  enum class Kind {
    // People are asked for a touch.
    kWaiting,
    // Nobody is asked any more.
    kEnded,
  };
  Kind kind = Kind::kWaiting;
  // Of a batch the first.
  std::string command_id;
  absl::Time at;
  // After it nobody wants to know any more.
  absl::Time until;
};

// "WAITING" or "ENDED".
absl::string_view WebhookEventName(WebhookEvent::Kind kind);

// Whether people are asked for a touch of the command, alone or the first of a
// batch: for its approval, or to register a key.
bool IsWaitingForPeople(const records::v1::CommandRow& row);

// Commands of a batch that a body lists; it says how many there are.
inline constexpr int kMaxWebhookItems = 50;

// The JSON body (README.md, "Webhooks"). `all` are the commands of the batch,
// or the command alone. Nothing in it helps to approve: no statement, no
// challenge, no key; no arguments, which may be secret; no comparison words,
// which count only where they were computed from one's own request. All of it
// is ASCII.
std::string WebhookBody(absl::string_view tenant, const WebhookEvent& event,
                        const std::vector<StoredCommand>& all);

// Value of the header U2Fi-Signature: "t=<seconds since 1970>,v1=<hex>", where
// the latter is HMAC-SHA256(key, "<seconds>." ‖ body).
std::string WebhookSignature(absl::string_view key, absl::Time now,
                             absl::string_view body);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_WEBHOOK_EVENT_H_
