#include "tools/fido-check/case_fields.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::fido_check {
namespace {

using nlohmann::json;

TEST(CaseFieldsTest, ReadsEachKind) {
  const json one_case = {
      {"t", "text"}, {"h", "4Aff"},     {"b", "YQ"},          {"i", 7},
      {"y", true},   {"l", {"x", "y"}}, {"hl", {"00", "01"}}, {"n", {-7, 3}}};
  CaseFields fields(one_case);
  EXPECT_EQ(fields.Text("t"), "text");
  EXPECT_EQ(fields.Hex("h"), "J\xff");
  EXPECT_EQ(fields.Base64Url("b"), "a");
  EXPECT_EQ(fields.Integer("i"), 7);
  EXPECT_EQ(fields.Boolean("y"), true);
  EXPECT_THAT(fields.Texts("l"), testing::ElementsAre("x", "y"));
  EXPECT_EQ(fields.HexList("hl").size(), 2u);
  EXPECT_THAT(*fields.Integers("n"), testing::ElementsAre(-7, 3));
  EXPECT_TRUE(fields.ok());
}

TEST(CaseFieldsTest, MissingAndNullAreAbsentAndSpoilNothing) {
  const json one_case = {{"null", nullptr}};
  CaseFields fields(one_case);
  EXPECT_EQ(fields.Text("null"), absl::nullopt);
  EXPECT_EQ(fields.Hex("none"), absl::nullopt);
  EXPECT_EQ(fields.Integers("none"), absl::nullopt);
  EXPECT_TRUE(fields.Texts("none").empty());
  EXPECT_TRUE(fields.ok());
}

TEST(CaseFieldsTest, PaddingIsToleratedAndATextIsAListOfOne) {
  const json one_case = {{"b", "YQ=="}, {"l", "x"}};
  CaseFields fields(one_case);
  EXPECT_EQ(fields.Base64Url("b"), "a");
  EXPECT_THAT(fields.Texts("l"), testing::ElementsAre("x"));
}

TEST(CaseFieldsTest, AnythingMalformedSpoilsTheCase) {
  const json one_case = {{"n", 1}, {"t", "zz"}, {"l", {1}}};
  const auto spoils = [&](auto read) {
    CaseFields fields(one_case);
    read(fields);
    return !fields.ok();
  };
  EXPECT_TRUE(spoils([](CaseFields& f) { f.Text("n"); }));
  EXPECT_TRUE(spoils([](CaseFields& f) { f.Hex("t"); }));
  EXPECT_TRUE(spoils([](CaseFields& f) {
    f.Base64Url("t=");
    f.Base64Url("n");
  }));
  EXPECT_TRUE(spoils([](CaseFields& f) { f.Integer("t"); }));
  EXPECT_TRUE(spoils([](CaseFields& f) { f.Boolean("n"); }));
  EXPECT_TRUE(spoils([](CaseFields& f) { f.Texts("l"); }));
  EXPECT_TRUE(spoils([](CaseFields& f) { f.HexList("t"); }));
  EXPECT_TRUE(spoils([](CaseFields& f) { f.Integers("t"); }));
}

}  // namespace
}  // namespace u2fi::fido_check
