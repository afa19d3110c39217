#ifndef U2FI_SERVICES_COMMON_RPC_CALL_OBSERVER_H_
#define U2FI_SERVICES_COMMON_RPC_CALL_OBSERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/server_interceptor.h"
#include "grpcpp/support/status.h"
#include "services/common/logging/context.h"
#include "services/common/metrics/metrics.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

// Counts and logs every call of the servers it is given to, once, when its
// status is sent: grpc_server_started_total, grpc_server_handled_total and
// grpc_server_handling_seconds with the labels of the usual dashboards, and one
// log line (debug for OK, error for our own faults, else info). Rpcs that were
// not declared count as "other". Thread-safe.
class CallObserver {
 public:
  // What the log line of one call will say; see TakeCallRecord().
  struct Record {
    logging::Context log;
  };

  // Declares the families, so one per registry. `services` are all that will
  // be observed. `clock` must outlive the observer and its servers.
  CallObserver(
      metrics::Registry& registry,
      const std::vector<const google::protobuf::ServiceDescriptor*>& services,
      const Clock& clock);

  // For one server. The observer must outlive it.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
  NewFactory();

 private:
  friend class ObservingInterceptor;
  class Families;
  // The metrics of one rpc; `handled` by code.
  struct Rpc {
    bool declared;
    metrics::Counter started;
    metrics::Histogram seconds;
    std::vector<metrics::Counter> handled;
  };
  const Rpc& RpcOf(absl::string_view path) const;
  void Finished(const Rpc& rpc, const Record& record, absl::string_view path,
                const grpc::Status& status, absl::Duration duration) const;

  const Clock& clock_;
  // By path; "" is every other one.
  absl::flat_hash_map<std::string, Rpc> rpcs_;
};

// The record of the observed call whose handler is about to be entered on this
// thread, once; nullptr if it is not observed. The guard writes into it.
CallObserver::Record* TakeCallRecord(const grpc::ServerContextBase& context);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CALL_OBSERVER_H_
