#include "services/common/rpc/run_unary.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using test::EchoMessage;

// Runs each task on a thread of its own.
class ThreadExecutor {
 public:
  ~ThreadExecutor() {
    for (std::thread& thread : threads_) thread.join();
  }
  void Schedule(std::function<void()> task) {
    threads_.emplace_back(std::move(task));
  }

 private:
  std::vector<std::thread> threads_;
};

// Answers with the caller, from another thread.
class WhoAmI : public test::Echo::CallbackService {
 public:
  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context,
                                const EchoMessage* request,
                                EchoMessage* response) override {
    return RunUnary(
        executor_, context, response,
        [request](const Caller& caller) { return Answer(*request, caller); });
  }

 private:
  static absl::StatusOr<EchoMessage> Answer(const EchoMessage& request,
                                            const Caller& caller) {
    if (request.text() == "fail") return FieldError("text", "is wrong");
    EchoMessage response;
    response.set_text(CurrentCall() == nullptr ? "no call" : caller.uri());
    return response;
  }
  ThreadExecutor executor_;
};

// Runs its task when the client has gone.
class LateExecutor {
 public:
  ~LateExecutor() { thread_.join(); }
  void Schedule(std::function<void()> task) {
    thread_ = std::thread([this, task = std::move(task)] {
      while (!context->IsCancelled()) std::this_thread::yield();
      task();
    });
  }
  grpc::CallbackServerContext* context = nullptr;

 private:
  std::thread thread_;
};

class Late : public test::Echo::CallbackService {
 public:
  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context,
                                const EchoMessage*,
                                EchoMessage* response) override {
    executor_.context = context;
    entered = true;
    return RunUnary(executor_, context, response,
                    [this](const Caller&) -> absl::StatusOr<EchoMessage> {
                      ran = true;
                      return EchoMessage();
                    });
  }
  std::atomic<bool> entered{false};
  std::atomic<bool> ran{false};

 private:
  LateExecutor executor_;
};

TEST(LateCallTest, WhatNobodyWaitsForIsNotDone) {
  Late service;
  auto server = Server::InProcess(ServiceList().Add<test::Echo>(service), {},
                                  "d", "command-gate")
                    .value();
  grpc::ClientContext context;
  EchoMessage response;
  std::thread gives_up([&] {
    while (!service.entered) std::this_thread::yield();
    context.TryCancel();
  });
  const grpc::Status status = test::Echo::NewStub(server->Channel())
                                  ->Say(&context, EchoMessage(), &response);
  gives_up.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  server.reset();
  EXPECT_FALSE(service.ran);
}

class RunUnaryTest : public testing::Test {
 protected:
  absl::Status Say(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& text) {
    grpc::ClientContext context;
    EchoMessage request;
    request.set_text(text);
    return FromGrpcStatus(
        test::Echo::NewStub(channel)->Say(&context, request, &response_));
  }

  WhoAmI service_;
  std::unique_ptr<Server> server_ =
      Server::InProcess(ServiceList().Add<test::Echo>(service_), {}, "d",
                        "command-gate")
          .value();
  EchoMessage response_;
};

TEST_F(RunUnaryTest, TheCoreRunsElsewhereAndKnowsCallAndCaller) {
  EXPECT_OK(Say(server_->Channel(), "x"));
  EXPECT_EQ(response_.text(), "spiffe://d/service/command-gate");
}

TEST_F(RunUnaryTest, AnErrorOfTheCoreIsTheAnswer) {
  EXPECT_THAT(Say(server_->Channel(), "fail"),
              HasReason(reason::kInvalidField));
}

TEST_F(RunUnaryTest, PastTheGuardTheCoreDoesNotRun) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&service_);
  const std::unique_ptr<grpc::Server> bare = builder.BuildAndStart();
  EXPECT_THAT(Say(bare->InProcessChannel({}), "x"),
              HasReason(reason::kCallerUnknown));
}

}  // namespace
}  // namespace u2fi::rpc
