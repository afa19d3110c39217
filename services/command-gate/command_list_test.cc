#include "services/command-gate/command_list.h"

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::command_gate {
namespace {

using ::google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Names of commands, without their prefix.
using Names = std::vector<std::string>;

class CommandListTest : public GateTestCase {
 protected:
  CommandListTest() { request_.set_account("ann"); }

  absl::StatusOr<v1::ListCommandsResponse> List() {
    return list_.List("t1", request_);
  }
  Names Listed() {
    const auto listed = List();
    EXPECT_OK(listed);
    Names names;
    if (!listed.ok()) return names;
    for (const v1::CommandRecord& command : listed->commands()) {
      names.push_back(command.name().substr(strlen("commands/")));
    }
    request_.set_page_token(listed->next_page_token());
    return names;
  }
  static std::string IdOf(int n) { return CameraOn(n).command_id; }

  CommandList list_{gate().commands};
  v1::ListCommandsRequest request_;
};

TEST_F(CommandListTest, AnAccountsCommandsComeNewestFirst) {
  Asked(1);
  clock_.Advance(absl::Seconds(1));
  Asked(2);
  EXPECT_THAT(Listed(), ElementsAre(IdOf(2), IdOf(1)));
  EXPECT_EQ(request_.page_token(), "");
}

TEST_F(CommandListTest, PagesGoOnWhereTheLastOneEnded) {
  Asked(1);
  clock_.Advance(absl::Seconds(1));
  Asked(2);
  request_.set_page_size(1);
  EXPECT_THAT(Listed(), ElementsAre(IdOf(2)));
  EXPECT_THAT(Listed(), ElementsAre(IdOf(1)));
  EXPECT_EQ(request_.page_token(), "");
}

TEST_F(CommandListTest, AnotherAccountHasNone) {
  Asked();
  request_.set_account("bob");
  EXPECT_THAT(Listed(), IsEmpty());
}

TEST_F(CommandListTest, ADeviceNarrows) {
  Asked();
  request_.set_device("cam-2");
  EXPECT_THAT(Listed(), IsEmpty());
  request_.set_device("cam-1");
  EXPECT_THAT(Listed(), ElementsAre(IdOf(1)));
}

TEST_F(CommandListTest, ActsOnTheAccountAreFoundByItsTarget) {
  Asked(1);
  Submit(Enrolment(2));
  request_.set_device("account:ann");
  EXPECT_THAT(Listed(), ElementsAre(IdOf(2)));
}

TEST_F(CommandListTest, AStateNarrows) {
  Asked(1);
  Submit(CameraOn(2));
  request_.set_state(v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_THAT(Listed(), ElementsAre(IdOf(1)));
}

TEST_F(CommandListTest, ATimeNarrowsAndEndsTheList) {
  Asked(1);
  clock_.Advance(absl::Seconds(10));
  const int64_t since = absl::ToUnixMillis(clock_.Now());
  Asked(2);
  request_.set_page_size(2);
  *request_.mutable_submitted_since() =
      TimeUtil::MillisecondsToTimestamp(since);
  EXPECT_THAT(Listed(), ElementsAre(IdOf(2)));
  EXPECT_EQ(request_.page_token(), "");
}

TEST_F(CommandListTest, ABatchComesInItsOrder) {
  const std::vector<StoredCommand> all = DispatchedBatch(3);
  request_.set_batch(all[0].row.command_id());
  EXPECT_THAT(Listed(),
              ElementsAre(all[0].row.command_id(), all[1].row.command_id(),
                          all[2].row.command_id()));
}

TEST_F(CommandListTest, ABatchHasPagesToo) {
  const std::vector<StoredCommand> all = DispatchedBatch(3);
  request_.set_batch(all[0].row.command_id());
  request_.set_page_size(2);
  EXPECT_THAT(Listed(),
              ElementsAre(all[0].row.command_id(), all[1].row.command_id()));
  EXPECT_THAT(Listed(), ElementsAre(all[2].row.command_id()));
  EXPECT_EQ(request_.page_token(), "");
}

TEST_F(CommandListTest, ABatchIsOnlyItsAccounts) {
  const std::vector<StoredCommand> all = DispatchedBatch(2);
  request_.set_batch(all[0].row.command_id());
  request_.set_account("bob");
  EXPECT_THAT(List(), HasReason(reason::kResourceUnknown));
}

TEST_F(CommandListTest, OnlyTheFirstCommandNamesTheBatch) {
  const std::vector<StoredCommand> all = DispatchedBatch(2);
  request_.set_batch(all[1].row.command_id());
  EXPECT_THAT(List(), HasReason(reason::kResourceUnknown));
}

TEST_F(CommandListTest, ATokenOfAnotherListIsRefused) {
  const std::vector<StoredCommand> all = DispatchedBatch(3);
  request_.set_page_size(1);
  Listed();
  request_.set_batch(all[0].row.command_id());
  EXPECT_THAT(List(), HasReason(reason::kPageTokenInvalid));
}

TEST_F(CommandListTest, ATokenBeyondTheBatchIsRefused) {
  const std::vector<StoredCommand> all = DispatchedBatch(2);
  request_.set_batch(all[0].row.command_id());
  for (const char* place : {"3", "18446744073709551615", "-1", "x"}) {
    request_.set_page_token(crypto::Base64Url(
        absl::StrCat("batch/", request_.batch(), "/", place)));
    EXPECT_THAT(List(), HasReason(reason::kPageTokenInvalid)) << place;
  }
}

TEST_F(CommandListTest, WhatCannotNarrowIsRefused) {
  const auto refused = [this](auto set) {
    request_.Clear();
    request_.set_account("ann");
    set(request_);
    return List().status();
  };
  EXPECT_THAT(refused([](auto& r) { r.set_account(""); }),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(refused([](auto& r) { r.set_device("a b"); }),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(refused([](auto& r) { r.set_batch("x"); }),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(
      refused([](auto& r) { r.set_state(static_cast<v1::CommandState>(99)); }),
      HasReason(reason::kInvalidField));
  EXPECT_THAT(refused([](auto& r) { r.set_page_size(1001); }),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::command_gate
