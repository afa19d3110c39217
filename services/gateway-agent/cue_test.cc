#include "services/gateway-agent/cue.h"

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/fake_questions.h"

namespace u2fi::gateway_agent {
namespace {

constexpr uint64_t kNow = 1'700'000'000'000;

class CueTest : public testing::Test {
 protected:
  CueText TextOf(const gateway::v1::ApprovalRequest& request) const {
    const auto checked = CheckApproval(identity_, kNow, request);
    EXPECT_OK(checked);
    return CueOf("q1", *checked);
  }
  // A batch of `count` commands, some of them other `operations`.
  CueText Batch(int count,
                const std::map<int, std::string>& operations = {}) const {
    gateway::v1::ApprovalRequest request =
        questions_.Approval("q1", "k1").approval_request();
    proof::v1::Command command = *proof::ParseCommand(request.commands(0));
    auto statement = *proof::ParseStatement(request.statement());
    request.clear_commands();
    std::vector<crypto::Digest> leaves;
    for (int i = 0; i < count; ++i) {
      command.set_index(static_cast<uint32_t>(i));
      const auto other = operations.find(i);
      command.set_operation(other == operations.end() ? "camera.on"
                                                      : other->second);
      request.add_commands(*proof::EncodeCommand(command));
      leaves.push_back(proof::Leaf(request.commands(i)));
    }
    statement.set_batch_size(static_cast<uint32_t>(count));
    statement.set_batch_root(
        crypto::ToString(proof::MerkleTree::Of(leaves)->root()));
    request.set_statement(proof::Encode(statement));
    return TextOf(request);
  }

  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  const FakeQuestions questions_{identity_, kNow};
};

TEST_F(CueTest, ItSaysExactlyWhatTheBytesSay) {
  const CueText text =
      TextOf(questions_.Approval("q1", "k1").approval_request());
  ASSERT_EQ(text.lines.size(), 3u);
  EXPECT_EQ(text.lines[0], "camera.on on cam-1 {\"zoom\":2}");
  EXPECT_EQ(text.lines[1], "asked by spiffe://test/client/t1/app ann");
  EXPECT_EQ(text.lines[2], "words    " + text.words);
  EXPECT_EQ(text.approve_by_ms, kNow + 60'000);
  EXPECT_EQ(text.requester, "spiffe://test/client/t1/app ann");
}

TEST_F(CueTest, APinSetSaysWhoseTheDeviceWillBe) {
  gateway::v1::ApprovalRequest request =
      questions_.Approval("q1", "k1").approval_request();
  const proof::FakeSite site;
  proof::v1::Command command = *proof::ParseCommand(request.commands(0));
  command.set_operation(std::string(proof::kOperationPins));
  command.set_arguments(proof::Encode(site.FirstPins()));
  request.set_commands(0, proof::Encode(command));
  auto statement = *proof::ParseStatement(request.statement());
  statement.set_purpose(proof::v1::PURPOSE_TRANSFER);
  statement.set_batch_root(crypto::ToString(proof::Leaf(request.commands(0))));
  request.set_statement(proof::Encode(statement));
  EXPECT_EQ(TextOf(request).lines[0],
            "u2fi.pins on cam-1 owner alice keys 5 free lamp.on");
}

TEST_F(CueTest, ARegistrationNamesTheAccountAndHasNoWords) {
  const auto checked = CheckEnrolment(
      identity_, kNow, questions_.Enrolment("e1", "k").enrolment_request());
  ASSERT_OK(checked);
  const CueText text = CueOf("e1", *checked);
  EXPECT_EQ(text.lines[0], "a new key joins the account ann");
  EXPECT_EQ(text.words, "");
}

TEST_F(CueTest, ABatchSaysHowManyThereAre) {
  const CueText text = Batch(7);
  ASSERT_EQ(text.lines.size(), 8u);
  EXPECT_EQ(text.lines[5], "and more: 7 in all: 7 camera.on");
}

TEST_F(CueTest, OneAmongManyIsNotHidden) {
  const CueText text = Batch(9, {{8, "door.unlock"}});
  EXPECT_EQ(text.lines[5], "and more: 9 in all: 1 door.unlock, 8 camera.on");
}

TEST_F(CueTest, ManyDifferentOperationsAreCounted) {
  std::map<int, std::string> operations;
  for (int i = 0; i < 18; ++i) operations[i] = absl::StrCat("op.", 100 + i);
  EXPECT_THAT(Batch(20, operations).lines[5],
              testing::EndsWith("1 op.115, 3 other operations"));
}

TEST_F(CueTest, ABatchOfFiveIsShownWhole) {
  EXPECT_EQ(Batch(5).lines.size(), 7u);
}

TEST_F(CueTest, ControlCharactersCannotRewriteTheScreen) {
  gateway::v1::ApprovalRequest request =
      questions_.Approval("q1", "k1").approval_request();
  proof::v1::Command command = *proof::ParseCommand(request.commands(0));
  command.set_arguments("{\"a\":\"\x7f\"}");
  request.set_commands(0, proof::Encode(command));
  auto statement = *proof::ParseStatement(request.statement());
  statement.set_batch_root(crypto::ToString(proof::Leaf(request.commands(0))));
  request.set_statement(proof::Encode(statement));
  const auto checked = CheckApproval(identity_, kNow, request);
  if (checked.ok()) {
    EXPECT_EQ(CueOf("q1", *checked).lines[0],
              "camera.on on cam-1 {\"a\":\"?\"}");
  }
}

TEST_F(CueTest, TheTerminalShowsTextAndEnd) {
  std::ostringstream out;
  TerminalCue cue(out);
  CueText text;
  text.lines = {"one", "two"};
  cue.On(text);
  cue.Off(text, "done");
  EXPECT_EQ(out.str(),
            "\n  TOUCH THE KEY to approve:\n    one\n    two\n  (done)\n");
}

TEST_F(CueTest, TheTerminalSaysHowManyTriesOfThePinAreLeft) {
  std::ostringstream out;
  TerminalCue cue(out);
  cue.WantPin({{}, 8, false});
  EXPECT_EQ(out.str(), "  THE KEY WANTS ITS PIN. Tries left: 8.\n");
  cue.WantPin({{}, 1, true});
  EXPECT_THAT(out.str(), testing::HasSubstr("WRONG. Tries left: 1; a wrong"));
}

TEST_F(CueTest, AGroupTellsAll) {
  std::ostringstream one, two;
  CueGroup group;
  group.Add(std::make_unique<TerminalCue>(one));
  group.Add(std::make_unique<TerminalCue>(two));
  group.On({});
  group.WantPin({});
  group.Off({}, "done");
  EXPECT_EQ(one.str(), two.str());
  EXPECT_NE(one.str(), "");
}

}  // namespace
}  // namespace u2fi::gateway_agent
