#ifndef U2FI_SERVICES_COMMON_RPC_TLS_EXPIRY_H_
#define U2FI_SERVICES_COMMON_RPC_TLS_EXPIRY_H_

#include "services/common/metrics/metrics.h"
#include "services/common/rpc/tls_identity.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

// Tells from when until when the certificate on disk is good: in the gauges
// u2fi_tls_certificate_not_before_seconds and ..._not_after_seconds (Unix time;
// 0 if it cannot be read), and with a warning during its last hour or after it.
class TlsExpiry {
 public:
  // All three must outlive it.
  TlsExpiry(const TlsIdentity& tls, metrics::Registry& registry,
            const Clock& clock);

  // Looks again. Call it about once a minute.
  void Update() const;

 private:
  const TlsIdentity& tls_;
  const Clock& clock_;
  const metrics::Gauge not_before_;
  const metrics::Gauge not_after_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_TLS_EXPIRY_H_
