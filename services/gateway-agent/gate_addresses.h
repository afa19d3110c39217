#ifndef U2FI_SERVICES_GATEWAY_AGENT_GATE_ADDRESSES_H_
#define U2FI_SERVICES_GATEWAY_AGENT_GATE_ADDRESSES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"

namespace u2fi::gateway_agent {

// The single addresses behind a gRPC target: those of a name, or those that
// "ipv4:" and "ipv6:" list. gRPC tries the addresses of a target in the order
// in which they come, or connects to all of them; a fleet is to be spread, and
// an agent needs one. A target of another kind ("unix:", "xds:", a name server
// in it) is its own only address. Thread-safe; blocks on the resolver.
class GateAddresses {
 public:
  // Targets "ipv4:192.0.2.1:7443", "ipv6:[2001:db8::1]:7443" of a host and a
  // port or the name of a service.
  using LookUp = std::function<absl::StatusOr<std::vector<std::string>>(
      const std::string& host, const std::string& port)>;

  // `random` must outlive this object.
  GateAddresses(std::string target, RandomSource& random, LookUp look_up);

  // All of them in a random order, but `last`, if it is among them, at the end.
  // If the name is not found, those that were found before; if it never was,
  // the target itself, so that gRPC says why.
  std::vector<std::string> Shuffled(absl::string_view last);

  // Host and port of the target's name, which a server may be told; empty if it
  // has none.
  std::string authority() const;

 private:
  // What the target says now; empty: nothing was found.
  std::vector<std::string> Find();
  size_t Below(size_t bound);

  const std::string target_;
  // Of a name.
  std::string host_;
  std::string port_;
  RandomSource& random_;
  const LookUp look_up_;
  Mutex mutex_;
  std::vector<std::string> found_ ABSL_GUARDED_BY(mutex_);
};

// Asks the machine's resolver, which may take as long as it is configured to.
absl::StatusOr<std::vector<std::string>> LookUpHost(const std::string& host,
                                                    const std::string& port);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_GATE_ADDRESSES_H_
