#ifndef U2FI_SERVICES_COMMON_RPC_ACCEPTOR_H_
#define U2FI_SERVICES_COMMON_RPC_ACCEPTOR_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "services/common/rpc/accept_rate.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

// Listens on a TCP address and hands on new connections, no more a second than
// it is told: what comes faster waits in the kernel's queue, which is no longer
// than a second (BacklogOf). gRPC has no such bound, and every TLS handshake
// costs milliseconds (threats.md 3.2).
class Acceptor {
 public:
  // Takes over a connected, non-blocking socket.
  using Handler = std::function<void(int listener, int connection)>;

  // Listens on `address`: "host:port", "[v6]:port", or ":port" for every
  // address of the machine; port 0 takes a free one.
  // UNAVAILABLE if that is not possible. Connections wait until Start().
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(
      const std::string& address, int per_second, const Clock& clock);
  // Stops, if that was not done.
  ~Acceptor();

  int port() const { return port_; }

  // From now on `handler` gets the connections, on a thread of the acceptor's.
  void Start(Handler handler);
  // Closes the listening socket. No handler runs any more when it returns.
  void Stop();

 private:
  Acceptor(int listener, int wake, int port, AcceptRate rate);
  void Run();
  // Waits for a connection; false when it is time to stop.
  bool WaitFor(int timeout_ms, bool connection);

  int listener_;
  int wake_;
  const int port_;
  AcceptRate rate_;
  Handler handler_;
  std::thread thread_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_ACCEPTOR_H_
