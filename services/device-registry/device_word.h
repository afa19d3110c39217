#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_WORD_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_WORD_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/change.h"
#include "u2fi/gateway/v1/binding.pb.h"

namespace u2fi::device_registry {

// What a device said about its pin set, as the answer to a commit or by
// itself.
struct DeviceWord {
  std::string device;
  // Revision and hash of its pin set; 0 and empty: blank.
  uint64_t revision = 0;
  std::string hash;
  // Why it refused a commit; empty: it did not.
  std::string refusal;
  // Id of the command that it answers, and its signature; may be empty.
  std::string command_id;
  std::string signature;
  // When it arrived, in milliseconds since 1970.
  uint64_t now_ms = 0;
};

DeviceWord WordOf(const gateway::v1::BindingResult& result);
DeviceWord WordOf(const gateway::v1::PinsReport& report);

// Fields in form: ids, a hash of 32 bytes exactly with a revision, and a
// reason in UPPER_SNAKE. INVALID_FIELD naming the field.
absl::Status CheckWord(const DeviceWord& word);

// Records the word, that `gateway` brought. RESOURCE_UNKNOWN for no such
// device, GATEWAY_MISMATCH if another gateway executes for it. Puts what
// changes into `change`: what the device reported; its transaction CONFIRMED
// and its binding ACTIVE if it has the committed pin set; an alarm if it has
// one that the registry does not know, or refused the one after its own.
absl::Status TakeWord(Change& change, const rpc::Caller& caller,
                      const std::string& gateway, const DeviceWord& word);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_WORD_H_
