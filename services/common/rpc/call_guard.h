#ifndef U2FI_SERVICES_COMMON_RPC_CALL_GUARD_H_
#define U2FI_SERVICES_COMMON_RPC_CALL_GUARD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "services/common/random/random_source.h"
#include "services/common/rpc/allow_list.h"
#include "services/common/rpc/peer_identity.h"
#include "services/common/rpc/served_call.h"
#include "services/common/rpc/stream_limit.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

// What a guard decides by.
struct CallGuardOptions {
  // How callers prove who they are.
  PeerIdentity identity;
  // A handler never sees a later deadline than this after the call came.
  absl::Duration max_call_time = absl::Seconds(60);
  // The same for streams, which live longer.
  absl::Duration max_stream_time = absl::InfiniteDuration();
  int streams_per_caller = 16;
  // Of unary calls that run or wait to; sixteen times as much for a service,
  // all of whose replicas are one caller.
  int64_t request_bytes_per_caller = int64_t{64} << 20;
};

// Stands before the handlers of one server. Thread-safe once filled.
class CallGuard {
 public:
  // `clock` and `random` must outlive the guard.
  CallGuard(CallGuardOptions options, const Clock& clock, RandomSource& random)
      : options_(std::move(options)),
        clock_(clock),
        random_(random),
        streams_(std::make_shared<StreamLimit>(options_.streams_per_caller)),
        requests_(
            std::make_shared<StreamLimit>(options_.request_bytes_per_caller)) {}

  // What may be called. To be filled before the first call.
  AllowList& allow_list() { return allow_list_; }
  const PeerIdentity& identity() const { return options_.identity; }

  // The caller of the rpc `path` on the connection of `call`. CALLER_UNKNOWN
  // if it has no identity, CALLER_NOT_ALLOWED if it may not.
  absl::StatusOr<Caller> Admit(const std::string& path, grpc_call* call) const;
  // The same for a connection that is known otherwise.
  absl::StatusOr<Caller> Admit(const std::string& path,
                               const grpc::AuthContext* connection) const;

  // Everything about an admitted call. `stream`: not unary.
  ServedCall Describe(const std::string& path, const Caller& caller,
                      const grpc::ServerContextBase& context,
                      bool stream) const;

  StreamLimit& streams() { return *streams_; }
  StreamLimit& requests() { return *requests_; }

 private:
  const CallGuardOptions options_;
  const Clock& clock_;
  RandomSource& random_;
  AllowList allow_list_;
  const std::shared_ptr<StreamLimit> streams_;
  const std::shared_ptr<StreamLimit> requests_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CALL_GUARD_H_
