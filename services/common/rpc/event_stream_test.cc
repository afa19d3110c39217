#include "services/common/rpc/event_stream.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using test::EchoMessage;

// What a bus gives its subscriber; there is one.
class FakeWatch {};
using Stream = EventStream<EchoMessage, FakeWatch>;

// Repeat streams what Tell() is told.
class FakeBus : public test::Echo::CallbackService {
 public:
  grpc::ServerWriteReactor<EchoMessage>* Repeat(grpc::CallbackServerContext*,
                                                const EchoMessage*) override {
    return new Stream([this](Stream::Callback callback) {
      MutexLock lock(mutex_);
      callback_ = std::move(callback);
      changed_.NotifyAll();
      return std::make_unique<FakeWatch>();
    });
  }
  // Waits for the subscriber.
  void Tell(const absl::optional<EchoMessage>& event) {
    MutexLock lock(mutex_);
    while (!callback_) changed_.Wait(mutex_);
    callback_(event);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  Stream::Callback callback_ ABSL_GUARDED_BY(mutex_);
};

class EventStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = Server::InProcess(ServiceList().Add<test::Echo>(bus_), {},
                                    "u2fi.example", "command-gate");
    ASSERT_OK(server);
    server_ = *std::move(server);
    stub_ = test::Echo::NewStub(server_->Channel());
    reader_ = stub_->Repeat(&context_, EchoMessage());
  }
  void TearDown() override {
    context_.TryCancel();
    reader_.reset();
    stub_.reset();
    server_->Shutdown(absl::ZeroDuration());
  }

  static EchoMessage Event(size_t size) {
    EchoMessage event;
    event.set_text(std::string(size, 'e'));
    return event;
  }
  // How many events come until the stream ends, and why it does.
  absl::Status ReadAll(int& events) {
    EchoMessage event;
    events = 0;
    while (reader_->Read(&event)) ++events;
    return FromGrpcStatus(reader_->Finish());
  }

  FakeBus bus_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<test::Echo::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<EchoMessage>> reader_;
  int events_ = 0;
};

TEST_F(EventStreamTest, EventsComeInOrder) {
  for (const size_t size : {1, 2, 3}) bus_.Tell(Event(size));
  EchoMessage event;
  for (const size_t size : {1, 2, 3}) {
    ASSERT_TRUE(reader_->Read(&event));
    EXPECT_EQ(event.text().size(), size);
  }
}

TEST_F(EventStreamTest, MissedEventsEndIt) {
  bus_.Tell(absl::nullopt);
  EXPECT_THAT(ReadAll(events_), HasReason(reason::kStoreUnavailable));
}

TEST_F(EventStreamTest, WhoeverIsTooSlowStartsAnew) {
  for (size_t i = 0; i < kMaxQueuedEvents + 2; ++i) bus_.Tell(Event(1));
  EXPECT_THAT(ReadAll(events_), HasReason(reason::kPeerLimit));
}

TEST_F(EventStreamTest, TheBytesThatWaitAreBoundedToo) {
  const size_t size = kMaxQueuedBytes / 5;
  for (int i = 0; i < 100; ++i) bus_.Tell(Event(size));
  EXPECT_THAT(ReadAll(events_), HasReason(reason::kPeerLimit));
}

TEST_F(EventStreamTest, WhatWasReadMakesRoom) {
  EchoMessage event;
  for (int i = 0; i < 20; ++i) {
    bus_.Tell(Event(kMaxQueuedBytes / 5));
    ASSERT_TRUE(reader_->Read(&event));
  }
}

}  // namespace
}  // namespace u2fi::rpc
