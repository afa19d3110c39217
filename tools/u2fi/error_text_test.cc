#include "tools/u2fi/error_text.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/advice.h"

namespace u2fi::cli {
namespace {

TEST(ErrorTextTest, SaysReasonMessageVariablesAndAdvice) {
  EXPECT_EQ(ErrorText(Error(reason::kResourceUnknown, "there is none",
                            {{"device", "cam-9"}})),
            "u2fi: RESOURCE_UNKNOWN: there is none (device cam-9). Check the "
            "id.");
}

TEST(ErrorTextTest, SaysNothingTwice) {
  EXPECT_EQ(ErrorText(FieldError("--gate", "is missing")),
            "u2fi: INVALID_FIELD: field --gate: is missing. Correct the "
            "field that it names.");
}

TEST(ErrorTextTest, APeerOutOfReachIsExplained) {
  const absl::Status refused =
      Error(reason::kPeerUnavailable, "Connection refused");
  EXPECT_EQ(ErrorText(refused),
            "u2fi: PEER_UNAVAILABLE: Connection refused. Nothing listens "
            "there: check host and port, and that the service runs.");
  EXPECT_EQ(nlohmann::json::parse(ErrorJson(refused))["error"]["advice"],
            "Nothing listens there: check host and port, and that the service "
            "runs.");
}

TEST(ErrorTextTest, IsOneLineWhateverAPeerSent) {
  const std::string text = ErrorText(absl::InternalError("a\nb\x1b[2Jc\td"));
  EXPECT_EQ(text.find_first_of("\n\t\x1b"), std::string::npos);
  EXPECT_EQ(ErrorText(absl::InternalError("a\u202eb\u009b")),
            "u2fi: INTERNAL: a?b?");
}

TEST(ErrorTextTest, AStrangersErrorHasItsCode) {
  EXPECT_EQ(ErrorText(absl::UnavailableError("gone")),
            "u2fi: UNAVAILABLE: gone");
}

TEST(ErrorTextTest, JsonHoldsTheSame) {
  const auto json = nlohmann::json::parse(
      ErrorJson(Error(reason::kGatewayOffline, "away", {{"gateway", "g1"}})));
  EXPECT_EQ(json["error"]["reason"], "GATEWAY_OFFLINE");
  EXPECT_EQ(json["error"]["code"], "UNAVAILABLE");
  EXPECT_EQ(json["error"]["metadata"]["gateway"], "g1");
}

TEST(ErrorTextTest, JsonSurvivesBytesThatAreNoText) {
  EXPECT_TRUE(nlohmann::json::accept(ErrorJson(absl::InternalError("\xff"))));
}

TEST(ErrorTextTest, AdviceIsThereForKnownReasonsOnly) {
  EXPECT_EQ(AdviceFor("DECLINED"), "Talk to him.");
  EXPECT_EQ(AdviceFor("NO_SUCH_REASON"), "");
}

}  // namespace
}  // namespace u2fi::cli
