#ifndef U2FI_SERVICES_COMMON_METRICS_EXPOSER_H_
#define U2FI_SERVICES_COMMON_METRICS_EXPOSER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/metrics/metrics.h"

namespace prometheus {
class Exposer;
}  // namespace prometheus

namespace u2fi::metrics {

// Serves a registry at http://<address>/metrics, plaintext, for as long as it
// lives. Keep the address on loopback or behind a network policy: there is no
// authentication, and the page tells how the service is used.
class Exposer {
 public:
  // `address` is "host:port"; port 0 takes a free one. `registry` must outlive
  // the exposer. UNAVAILABLE if the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Exposer>> Start(
      const Registry& registry, const std::string& address);
  ~Exposer();

  int port() const { return port_; }

 private:
  explicit Exposer(std::unique_ptr<prometheus::Exposer> exposer);

  std::unique_ptr<prometheus::Exposer> exposer_;
  int port_;
};

}  // namespace u2fi::metrics

#endif  // U2FI_SERVICES_COMMON_METRICS_EXPOSER_H_
