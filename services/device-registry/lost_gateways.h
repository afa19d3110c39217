#ifndef U2FI_SERVICES_DEVICE_REGISTRY_LOST_GATEWAYS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_LOST_GATEWAYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/audit/lost_rows.h"
#include "services/device-registry/gateway_admin.h"

namespace u2fi::device_registry {

// Rows that say what became of a gateway: for audit::LostRows.
bool IsAboutGateway(const audit::ParsedRow& row);

// Suspends and revokes gateways again that a failover of the store let back in:
// it forgot, and only this process's audit remembers (decisions D5). Tokens
// need nothing here: attestation tells of them again. Thread-safe; replicas may
// do the same at the same time.
class LostGateways {
 public:
  // Both must outlive this object.
  LostGateways(GatewayAdmin& gateways, audit::LostRows& lost)
      : gateways_(gateways), lost_(lost) {}

  // Deals with all that was noted; for once a second. What fails stays noted;
  // the first error.
  absl::Status Apply();

 private:
  absl::Status ApplyRows(const std::string& tenant,
                         const std::vector<audit::ParsedRow>& rows);

  GatewayAdmin& gateways_;
  audit::LostRows& lost_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_LOST_GATEWAYS_H_
