#ifndef U2FI_SERVICES_COMMON_AUDIT_AUDIT_SERVER_H_
#define U2FI_SERVICES_COMMON_AUDIT_AUDIT_SERVER_H_

#include "services/common/audit/audit_export.h"
#include "services/common/audit/executor.h"
#include "u2fi/audit/v1/audit.grpc.pb.h"

namespace u2fi::audit {

// Serves u2fi.audit.v1.Audit for every service: one per process, also where
// several services share it. EraseBodies answers UNIMPLEMENTED. `executor` and
// what `parts` refers to must outlive this object and every server it is
// registered on.
class AuditServer : public v1::Audit::CallbackService {
 public:
  AuditServer(const ExportParts& parts, Executor& executor)
      : parts_(parts), executor_(executor) {}

  grpc::ServerWriteReactor<v1::ExportAuditResponse>* ExportAudit(
      grpc::CallbackServerContext* context,
      const v1::ExportAuditRequest* request) override;

 private:
  const ExportParts parts_;
  Executor& executor_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_AUDIT_SERVER_H_
