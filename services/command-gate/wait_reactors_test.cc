#include "services/command-gate/wait_reactors.h"

#include <memory>
#include <string>
#include <vector>

#include "services/command-gate/gate_server.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"

namespace u2fi::command_gate {
namespace {

// The portal calls the gate's server in the same process.
class WaitReactorsTest : public GateTestCase {
 protected:
  absl::Status Wait(const std::string& name, int seconds,
                    const std::string& tenant = "t1") {
    v1::WaitCommandRequest request;
    request.set_tenant(tenant);
    request.set_name(name);
    request.mutable_timeout()->set_seconds(seconds);
    request.set_view(v1::COMMAND_VIEW_FULL);
    grpc::ClientContext context;
    return rpc::FromGrpcStatus(stub_->WaitCommand(&context, request, &waited_));
  }
  static std::string NameOf(const StoredCommand& command) {
    return "commands/" + command.row.command_id();
  }
  static std::string BatchName(const std::vector<StoredCommand>& all) {
    return "batches/" + all[0].row.command_id();
  }
  StoredCommand Finished() {
    const StoredCommand sent = Dispatched();
    EXPECT_OK(gate().dispatcher.OnResult(sent, Session(), ResultOf(sent)));
    return Reread(sent);
  }
  std::unique_ptr<grpc::ClientReader<v1::WatchCommandResponse>> Watch(
      const std::string& name, grpc::ClientContext& context) {
    v1::WatchCommandRequest request;
    request.set_tenant("t1");
    request.set_name(name);
    return stub_->WatchCommand(&context, request);
  }
  static v1::CommandState Next(
      grpc::ClientReader<v1::WatchCommandResponse>& stream) {
    v1::WatchCommandResponse response;
    return stream.Read(&response) ? response.command().state()
                                  : v1::COMMAND_STATE_UNSPECIFIED;
  }

  audit::ThreadExecutor pool_{2};
  GateService service_{gate().submitter, gate().commands, gate().flow, pool_};
  GatewaySessions sessions_{clock_, absl::Seconds(5)};
  SessionList session_list_{clock_, sessions_, gate().commands};
  GateServer server_{service_, session_list_, gate().watchers, pool_};
  std::unique_ptr<rpc::Server> listener_ =
      rpc::Server::InProcess(rpc::ServiceList().Add<v1::CommandGate>(server_),
                             {}, "u2fi.test", "portal")
          .value();
  std::unique_ptr<v1::CommandGate::Stub> stub_ =
      v1::CommandGate::NewStub(listener_->Channel());
  v1::WaitCommandResponse waited_;
};

TEST_F(WaitReactorsTest, AFinishedCommandIsAnsweredAtOnce) {
  ASSERT_OK(Wait(NameOf(Finished()), 60));
  EXPECT_TRUE(waited_.done());
  EXPECT_EQ(waited_.command().state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(waited_.command().result(), "{\"on\":true}");
}

TEST_F(WaitReactorsTest, WhenTheTimeIsUpTheStateIsAnswered) {
  const StoredCommand asked = Asked();
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(Wait(NameOf(asked), 0));
    EXPECT_FALSE(waited_.done());
    EXPECT_EQ(waited_.command().state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  }
}

TEST_F(WaitReactorsTest, WithoutTimeAnUnknownCommandIsRefusedToo) {
  const std::string unknown = "commands/" + std::string(26, 'a');
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Wait(unknown, 0), HasReason(reason::kResourceUnknown));
  }
}

TEST_F(WaitReactorsTest, ATimeThatIsTooLongIsRefused) {
  EXPECT_THAT(Wait(NameOf(Asked()), 301), HasReason(reason::kInvalidField));
}

TEST_F(WaitReactorsTest, ANegativeTimeIsRefused) {
  EXPECT_THAT(Wait(NameOf(Asked()), -1), HasReason(reason::kInvalidField));
}

TEST_F(WaitReactorsTest, AnUnknownCommandIsRefused) {
  EXPECT_THAT(Wait("commands/" + std::string(26, 'a'), 60),
              HasReason(reason::kResourceUnknown));
}

TEST_F(WaitReactorsTest, AnotherTenantsCommandIsUnknown) {
  EXPECT_THAT(Wait(NameOf(Asked()), 60, "t2"),
              HasReason(reason::kResourceUnknown));
}

TEST_F(WaitReactorsTest, ANameThatIsNoneIsRefused) {
  EXPECT_THAT(Wait("x", 60), HasReason(reason::kInvalidField));
}

TEST_F(WaitReactorsTest, AWatchGivesEachStateOnceUntilTheLast) {
  const StoredCommand asked = Asked();
  grpc::ClientContext context;
  const auto stream = Watch(NameOf(asked), context);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_AWAITING_APPROVAL);
  ASSERT_OK_AND_ASSIGN(StoredCommand command, Answer(asked, Touch(asked)));
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_APPROVED);
  ASSERT_OK_AND_ASSIGN(command, gate().dispatcher.Dispatch(command));
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_DISPATCHED);
  ASSERT_OK(gate().dispatcher.OnResult(command, Session(), ResultOf(command)));
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_UNSPECIFIED);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(WaitReactorsTest, AWatchOfAFinishedCommandIsOneState) {
  const StoredCommand finished = Finished();
  grpc::ClientContext context;
  const auto stream = Watch(NameOf(finished), context);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_UNSPECIFIED);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(WaitReactorsTest, AWatchOfNothingIsRefused) {
  grpc::ClientContext context;
  const auto stream = Watch("commands/" + std::string(26, 'a'), context);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_UNSPECIFIED);
  EXPECT_THAT(rpc::FromGrpcStatus(stream->Finish()),
              HasReason(reason::kResourceUnknown));
}

TEST_F(WaitReactorsTest, ABatchIsWaitedForToItsLastCommand) {
  const std::vector<StoredCommand> all = DispatchedBatch(3);
  const std::string name = BatchName(all);
  ASSERT_OK(Wait(name, 0));
  EXPECT_FALSE(waited_.done());
  for (const StoredCommand& one : all) {
    ASSERT_OK(gate().dispatcher.OnResult(one, Session(), ResultOf(one)));
  }
  ASSERT_OK(Wait(name, 60));
  EXPECT_TRUE(waited_.done());
  EXPECT_FALSE(waited_.has_command());
  EXPECT_EQ(waited_.batch().size(), 3u);
  ASSERT_EQ(waited_.batch().counts_size(), 1);
  EXPECT_EQ(waited_.batch().counts(0).state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(WaitReactorsTest, AWatchOfABatchGivesItsCountsAndThenEachChange) {
  const std::vector<StoredCommand> all = DispatchedBatch(2);
  grpc::ClientContext context;
  const auto stream = Watch(BatchName(all), context);
  v1::WatchCommandResponse now;
  ASSERT_TRUE(stream->Read(&now));
  EXPECT_FALSE(now.has_command());
  EXPECT_EQ(now.batch().counts(0).count(), 2u);
  ASSERT_OK(gate().dispatcher.OnResult(all[1], Session(), ResultOf(all[1])));
  ASSERT_TRUE(stream->Read(&now));
  EXPECT_EQ(now.command().name(), NameOf(all[1]));
  EXPECT_EQ(now.command().state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(now.batch().counts_size(), 2);
  ASSERT_OK(gate().dispatcher.OnResult(all[0], Session(), ResultOf(all[0])));
  ASSERT_TRUE(stream->Read(&now));
  EXPECT_EQ(now.command().name(), NameOf(all[0]));
  EXPECT_FALSE(stream->Read(&now));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(WaitReactorsTest, ABatchOfOneIsItsCommand) {
  const StoredCommand finished = Finished();
  ASSERT_OK(Wait("batches/" + finished.row.command_id(), 60));
  EXPECT_TRUE(waited_.done());
  EXPECT_EQ(waited_.batch().size(), 1u);
}

TEST_F(WaitReactorsTest, AWatchOfABatchOfOneHearsEachStateWhenItComes) {
  const StoredCommand asked = Asked();
  grpc::ClientContext context;
  const auto stream = Watch("batches/" + asked.row.command_id(), context);
  v1::WatchCommandResponse first;
  ASSERT_TRUE(stream->Read(&first));
  EXPECT_EQ(first.batch().size(), 1u);
  ASSERT_OK_AND_ASSIGN(StoredCommand command, Answer(asked, Touch(asked)));
  ASSERT_OK_AND_ASSIGN(command, gate().dispatcher.Dispatch(command));
  // A look every five seconds would not have seen the first of them.
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_APPROVED);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(WaitReactorsTest, ACommandThatIsNotTheFirstOneNamesNoBatch) {
  const std::vector<StoredCommand> all = DispatchedBatch(2);
  EXPECT_THAT(Wait("batches/" + all[1].row.command_id(), 60),
              HasReason(reason::kResourceUnknown));
}

TEST_F(WaitReactorsTest, WhatAnotherReplicaDidToACommandOfABatchIsTold) {
  const std::vector<StoredCommand> all = DispatchedBatch(2);
  grpc::ClientContext context;
  const auto stream = Watch(BatchName(all), context);
  v1::WatchCommandResponse now;
  ASSERT_TRUE(stream->Read(&now));
  records::v1::CommandHint hint;
  hint.set_command_id(all[1].row.command_id());
  EXPECT_FALSE(gate().watchers.IsAwaited("t1", hint));
  hint.set_batch(all[0].row.command_id());
  EXPECT_TRUE(gate().watchers.IsAwaited("t1", hint));
  GateCore other(world_);
  ASSERT_OK(other.dispatcher.OnResult(all[1], Session(), ResultOf(all[1])));
  gate().watchers.Hear(Reread(all[1]));
  ASSERT_TRUE(stream->Read(&now));
  EXPECT_EQ(now.command().name(), NameOf(all[1]));
}

TEST_F(WaitReactorsTest, AWatcherMayGo) {
  const StoredCommand asked = Asked();
  grpc::ClientContext context;
  const auto stream = Watch(NameOf(asked), context);
  Next(*stream);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_OK(gate().flow.Cancel(Reread(asked), "x"));
}

TEST_F(WaitReactorsTest, WhatAnotherReplicaDidIsToldWhenItIsHeard) {
  const StoredCommand asked = Asked();
  grpc::ClientContext context;
  const auto stream = Watch(NameOf(asked), context);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_AWAITING_APPROVAL);
  GateCore other(world_);
  ASSERT_OK(other.flow.Cancel(Reread(asked), "x"));
  gate().watchers.Hear(Reread(asked));
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_CANCELLED);
}

TEST_F(WaitReactorsTest, IfThatMayHaveBeenMissedItIsRead) {
  const StoredCommand asked = Asked();
  grpc::ClientContext context;
  const auto stream = Watch(NameOf(asked), context);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_AWAITING_APPROVAL);
  GateCore other(world_);
  ASSERT_OK(other.flow.Cancel(Reread(asked), "x"));
  gate().watchers.ReadAgain("t1");
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_CANCELLED);
}

TEST_F(WaitReactorsTest, AfterAFailoverVersionsBeginAnew) {
  const StoredCommand asked = Asked();
  const auto before = memory_.TakeBackup();
  StoredCommand approved = Read(asked.row.command_id());
  ASSERT_OK_AND_ASSIGN(approved, Answer(asked, Touch(asked)));
  grpc::ClientContext context;
  const auto stream = Watch(NameOf(asked), context);
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_APPROVED);
  memory_.FailOverTo(before);
  gate().watchers.ReadAgain("t1");
  EXPECT_EQ(Next(*stream), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

}  // namespace
}  // namespace u2fi::command_gate
