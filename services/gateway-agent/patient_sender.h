#ifndef U2FI_SERVICES_GATEWAY_AGENT_PATIENT_SENDER_H_
#define U2FI_SERVICES_GATEWAY_AGENT_PATIENT_SENDER_H_

#include <thread>

#include "absl/time/time.h"
#include "services/common/sync/sync.h"
#include "services/gateway-agent/mesh_sender.h"
#include "services/gateway-agent/notices.h"

namespace u2fi::gateway_agent {

// Sends at once what has to go, and holds notices (notices.h) back for a while:
// most are overtaken by what they announce, and need not be sent. One thread,
// which sleeps while there are none. Thread-safe.
class PatientSender : public MeshSender, public MeshHandler {
 public:
  static constexpr absl::Duration kWait = absl::Seconds(1);

  // A notice goes after once to twice `wait`. `mesh` must outlive this object.
  explicit PatientSender(MeshSender& mesh, absl::Duration wait = kWait);
  ~PatientSender() override { Stop(); }

  void Send(gateway::v1::GatewayMessage message) override;

  // A new stream: what the one before was to be told is void. It must be the
  // first of the handlers.
  void OnConnected(const gateway::v1::Welcome& welcome) override;
  bool OnMessage(const gateway::v1::MeshMessage&) override { return false; }

  // Ends the thread; no notice is sent after it.
  void Stop();

 private:
  void WorkUntilStopped();
  // Sleeps until notices are to be looked at. False if it was stopped.
  bool WaitForNotices() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  MeshSender& mesh_;
  const absl::Duration wait_;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  // The thread is to be told of a notice.
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  Notices notices_ ABSL_GUARDED_BY(mutex_);
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_PATIENT_SENDER_H_
