#include "services/gateway-agent/patient_sender.h"

#include <utility>
#include <vector>

namespace u2fi::gateway_agent {

using gateway::v1::GatewayMessage;

PatientSender::PatientSender(MeshSender& mesh, absl::Duration wait)
    : mesh_(mesh), wait_(wait), working_([this] { WorkUntilStopped(); }) {}

void PatientSender::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  if (working_.joinable()) working_.join();
}

void PatientSender::Send(GatewayMessage message) {
  {
    MutexLock lock(mutex_);
    if (notices_.Take(message)) {
      if (asleep_) changed_.NotifyAll();
      return;
    }
  }
  mesh_.Send(std::move(message));
}

void PatientSender::OnConnected(const gateway::v1::Welcome&) {
  MutexLock lock(mutex_);
  notices_.Clear();
}

void PatientSender::WorkUntilStopped() {
  MutexLock lock(mutex_);
  while (WaitForNotices()) {
    // Under the lock, so that no end is sent before its beginning.
    for (GatewayMessage& notice : notices_.Due()) {
      mesh_.Send(std::move(notice));
    }
  }
}

bool PatientSender::WaitForNotices() {
  // Asleep for good only after a look that found nothing: while commands come
  // one after the other nobody wakes the thread.
  asleep_ = notices_.empty();
  while (!stop_ && notices_.empty()) changed_.Wait(mutex_);
  asleep_ = false;
  bool in_time = true;
  while (!stop_ && in_time) in_time = changed_.WaitFor(mutex_, wait_);
  return !stop_;
}

}  // namespace u2fi::gateway_agent
