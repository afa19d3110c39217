#include "services/gateway-agent/patient_sender.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using ::testing::ElementsAre;

// Notes what is sent.
class NotingSender : public MeshSender {
 public:
  void Send(GatewayMessage message) override {
    MutexLock lock(mutex_);
    sent_.push_back(message.has_approval_received()
                        ? "received " +
                              message.approval_received().approval_id()
                        : "answer " + message.approval_answer().approval_id());
    changed_.NotifyAll();
  }
  // The first `count`, when they have been sent.
  std::vector<std::string> WaitFor(size_t count) {
    MutexLock lock(mutex_);
    while (sent_.size() < count) changed_.Wait(mutex_);
    return sent_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> sent_ ABSL_GUARDED_BY(mutex_);
};

GatewayMessage Received(const std::string& id) {
  GatewayMessage message;
  message.mutable_approval_received()->set_approval_id(id);
  return message;
}

GatewayMessage Answer(const std::string& id) {
  GatewayMessage message;
  message.mutable_approval_answer()->set_approval_id(id);
  return message;
}

TEST(PatientSenderTest, ANoticeThatNothingOvertakesIsSent) {
  NotingSender mesh;
  PatientSender sender(mesh, absl::Milliseconds(2));
  sender.Send(Received("a"));
  EXPECT_THAT(mesh.WaitFor(1), ElementsAre("received a"));
  sender.Send(Received("b"));
  EXPECT_THAT(mesh.WaitFor(2), ElementsAre("received a", "received b"));
}

TEST(PatientSenderTest, WhatIsNoNoticeGoesAtOnce) {
  NotingSender mesh;
  PatientSender sender(mesh, absl::Hours(1));
  sender.Send(Answer("a"));
  EXPECT_THAT(mesh.WaitFor(1), ElementsAre("answer a"));
}

TEST(PatientSenderTest, NothingIsSentAfterTheEnd) {
  NotingSender mesh;
  PatientSender sender(mesh, absl::Milliseconds(1));
  sender.Stop();
  sender.Send(Received("a"));
  sender.Send(Answer("b"));
  EXPECT_THAT(mesh.WaitFor(1), ElementsAre("answer b"));
}

}  // namespace
}  // namespace u2fi::gateway_agent
