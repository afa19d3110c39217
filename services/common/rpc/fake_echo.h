#ifndef U2FI_SERVICES_COMMON_RPC_FAKE_ECHO_H_
#define U2FI_SERVICES_COMMON_RPC_FAKE_ECHO_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/rpc/caller.h"
#include "services/common/rpc/fake_echo.grpc.pb.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {

// What the handlers of an echo service saw.
class EchoLog {
 public:
  // Notes a call; its caller, or the refusal.
  absl::StatusOr<Caller> Enter(const grpc::ServerContextBase& context);

  int entered() const;
  std::string caller() const;
  // Address of the connection.
  std::string peer() const;
  absl::Time deadline() const;
  std::string trace_id() const;

 private:
  mutable Mutex mutex_;
  int entered_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string caller_ ABSL_GUARDED_BY(mutex_);
  std::string peer_ ABSL_GUARDED_BY(mutex_);
  std::string trace_id_ ABSL_GUARDED_BY(mutex_);
  absl::Time deadline_ ABSL_GUARDED_BY(mutex_);
};

// A service for tests of this folder, in the sync API. Simplification: it keeps
// only what its last call looked like. Say answers with the text; "fail" is a
// foreign error, "refuse" one of ours.
class SyncEcho : public test::Echo::Service {
 public:
  grpc::Status Say(grpc::ServerContext* context,
                   const test::EchoMessage* request,
                   test::EchoMessage* response) override;
  grpc::Status Collect(grpc::ServerContext* context,
                       grpc::ServerReader<test::EchoMessage>* reader,
                       test::EchoMessage* response) override;
  grpc::Status Repeat(grpc::ServerContext* context,
                      const test::EchoMessage* request,
                      grpc::ServerWriter<test::EchoMessage>* writer) override;
  grpc::Status Chat(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<test::EchoMessage, test::EchoMessage>* stream)
      override;
  grpc::Status Whisper(grpc::ServerContext* context,
                       const test::EchoMessage* request,
                       test::EchoMessage* response) override;

  const EchoLog& log() const { return log_; }

 private:
  EchoLog log_;
};

// The same in the callback API.
class CallbackEcho : public test::Echo::CallbackService {
 public:
  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context,
                                const test::EchoMessage* request,
                                test::EchoMessage* response) override;
  grpc::ServerReadReactor<test::EchoMessage>* Collect(
      grpc::CallbackServerContext* context,
      test::EchoMessage* response) override;
  grpc::ServerWriteReactor<test::EchoMessage>* Repeat(
      grpc::CallbackServerContext* context,
      const test::EchoMessage* request) override;
  grpc::ServerBidiReactor<test::EchoMessage, test::EchoMessage>* Chat(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Whisper(grpc::CallbackServerContext* context,
                                    const test::EchoMessage* request,
                                    test::EchoMessage* response) override;

  const EchoLog& log() const { return log_; }

 private:
  EchoLog log_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_FAKE_ECHO_H_
