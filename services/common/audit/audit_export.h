#ifndef U2FI_SERVICES_COMMON_AUDIT_AUDIT_EXPORT_H_
#define U2FI_SERVICES_COMMON_AUDIT_AUDIT_EXPORT_H_

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/audit/growing_file.h"
#include "services/common/audit/stored_chain.h"
#include "services/common/rpc/caller.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "u2fi/audit/v1/audit.pb.h"

namespace u2fi::audit {

// Where a process has its audit. The references must outlive every export.
struct ExportParts {
  store::Store& store;
  const Clock& clock;
  // Services whose chains are in this store: one, or all of standalone.
  std::vector<std::string> services;
  // Relying-party id of the deployment, and version of the program.
  std::string rp_id;
  std::string program;
  // AuditConfig.sink_file, whose records come before the store's; or empty.
  std::string sink_file;
};

// One ExportAudit: what the caller may see of its tenant's audit and asked for,
// piece by piece. First the header, then what the sink file has, then the
// store's chains, those that ended longest ago first. Not thread-safe.
class AuditExport {
 public:
  // TENANT_MISMATCH, INVALID_FIELD; RESOURCE_UNKNOWN for a service or writer
  // that is not here. `parts` must outlive this object.
  static absl::StatusOr<std::unique_ptr<AuditExport>> Open(
      const ExportParts& parts, const rpc::Caller& caller,
      v1::ExportAuditRequest request);

  // The next piece: 1 to 256 records of at most 1 MiB together (at least one).
  // None: that was all, for now; asked again later it gives what came since.
  absl::StatusOr<v1::ExportAuditResponse> Next();

  bool follow() const { return request_.follow(); }

 private:
  AuditExport(const ExportParts& parts, v1::ExportAuditRequest request,
              std::string tenant, bool with_bodies);

  absl::Status CheckWriterExists();
  // Reads on until a record is queued or there is no more.
  absl::Status Fill();
  absl::Status ReadFile();
  absl::Status FindChains();
  absl::Status FindChainsOf(const std::string& service);
  absl::Status AddKeys(const store::Partition& partition);
  absl::Status AddKeyOf(const ExportRecord& record,
                        const store::Partition& partition);
  absl::Status ReadChain(StoredChain& chain);
  // Queues what the request asks for.
  void Queue(ExportRecord record);
  void QueueRow(v1::AuditRow row);
  void QueueCheckpoint(v1::SignedCheckpoint checkpoint);
  void QueueKey(const std::string& kid, const std::string& point);
  bool IsAskedFor(const v1::Writer& writer) const;
  bool IsAskedFor(const v1::AuditHeader& header) const;

  const ExportParts& parts_;
  const v1::ExportAuditRequest request_;
  const std::string tenant_;
  const bool with_bodies_;
  absl::optional<GrowingFile> file_;
  // By service and incarnation.
  std::map<std::string, StoredChain> chains_;
  std::vector<StoredChain*> order_;
  std::set<std::string> keys_;
  // The last row that was queued, by service and incarnation.
  std::map<std::string, uint64_t> queued_;
  std::deque<v1::AuditRecord> queue_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_AUDIT_EXPORT_H_
