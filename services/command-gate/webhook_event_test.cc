#include "services/command-gate/webhook_event.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/command-gate/quorum_test_case.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class WebhookEventTest : public QuorumTestCase {
 protected:
  json Body(const StoredCommand& command,
            WebhookEvent::Kind kind = WebhookEvent::Kind::kWaiting) {
    return json::parse(Text({command}, kind));
  }
  std::string Text(const std::vector<StoredCommand>& all,
                   WebhookEvent::Kind kind = WebhookEvent::Kind::kWaiting) {
    WebhookEvent event;
    event.kind = kind;
    event.at = clock_.Now();
    return WebhookBody("t1", event, all);
  }
};

TEST_F(WebhookEventTest, SaysWhatWaitsAndForWhom) {
  const StoredCommand asked = Asked();
  const std::string id = asked.row.command_id();
  EXPECT_EQ(
      Body(asked),
      json({{"format", 1},
            {"id", id + "-waiting"},
            {"event", "WAITING"},
            {"time", "2023-11-14T22:13:20.000Z"},
            {"tenant", "t1"},
            {"name", "commands/" + id},
            {"purpose", "COMMAND"},
            {"state", "AWAITING_APPROVAL"},
            {"reason", ""},
            {"account", "ann"},
            {"site", asked.row.site()},
            {"approvers",
             {{{"account", "bob"}, {"gateway", "g1"}, {"state", "ASKED"}},
              {{"account", "carl"}, {"gateway", "g2"}, {"state", "ASKED"}}}},
            {"items", {{{"device", "cam-1"}, {"operation", "camera.on"}}}},
            {"item_count", 1},
            {"approve_by", "2023-11-14T22:14:20.000Z"},
            {"execute_by", "2023-11-14T22:15:50.000Z"},
            {"break_glass_reason", ""}}));
}

TEST_F(WebhookEventTest, SaysHowItEnded) {
  const StoredCommand asked = Asked();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  const json body = Body(Reread(asked), WebhookEvent::Kind::kEnded);
  EXPECT_EQ(body["event"], "ENDED");
  EXPECT_EQ(body["id"], asked.row.command_id() + "-ended");
  EXPECT_EQ(body["state"], "CANCELLED");
}

TEST_F(WebhookEventTest, NothingInItHelpsToApprove) {
  Submission asked = CameraOn();
  asked.arguments = "{\"pin\":\"4711\"}";
  const StoredCommand waiting = Advance(Submit(asked));
  const std::string text = Text({waiting});
  ASSERT_FALSE(waiting.row.slots(0).statement().empty());
  EXPECT_THAT(waiting.row.command(), HasSubstr("4711"));
  for (const char* never :
       {"4711", "statement", "challenge", "nonce", "token", "request_id",
        "one two three four", "\"one\"", "spiffe:"}) {
    EXPECT_THAT(text, Not(HasSubstr(never)));
  }
}

TEST_F(WebhookEventTest, ABatchListsFiftyAndSaysHowMany) {
  StoredCommand first = Asked();
  first.row.add_batch_ids(first.row.command_id());
  const json body = json::parse(Text(std::vector<StoredCommand>(51, first)));
  EXPECT_EQ(body["name"], "batches/" + first.row.command_id());
  EXPECT_EQ(body["items"].size(), 50u);
  EXPECT_EQ(body["item_count"], 51);
}

TEST_F(WebhookEventTest, WhatPeopleWriteIsAsciiAndStaysInItsPlace) {
  StoredCommand asked = Asked();
  asked.row.set_break_glass_reason("\",\"x\":\"\xc3\xa4\xff\n");
  const std::string text = Text({asked});
  for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  const json body = json::parse(text);
  EXPECT_FALSE(body.contains("x"));
  EXPECT_EQ(body["break_glass_reason"], "\",\"x\":\"\xc3\xa4\xef\xbf\xbd\n");
}

TEST_F(WebhookEventTest, PeopleAreWaitedForUntilItIsDecided) {
  EXPECT_FALSE(IsWaitingForPeople(Submit(CameraOn()).row));
  const StoredCommand asked = Asked(2);
  EXPECT_TRUE(IsWaitingForPeople(asked.row));
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  EXPECT_TRUE(IsWaitingForPeople(one.row));
  ASSERT_OK_AND_ASSIGN(const StoredCommand both, Approve(one, "carl"));
  EXPECT_FALSE(IsWaitingForPeople(both.row));
}

TEST_F(WebhookEventTest, ARegistrationWaitsForPeopleToo) {
  registry_.rule.set_approvals(1);
  EXPECT_TRUE(IsWaitingForPeople(Advance(Submit(Enrolment())).row));
}

// The value is that of Python's hmac module.
TEST(WebhookSignatureTest, IsAnHmacOverTimeAndBody) {
  EXPECT_EQ(WebhookSignature("0123456789abcdef0123456789abcdef",
                             absl::FromUnixSeconds(1'700'000'000), "{}"),
            "t=1700000000,v1="
            "417adf36b901772f658597a76d329694e335e65fc0849d7715c3ca33406309b5");
}

}  // namespace
}  // namespace u2fi::command_gate
