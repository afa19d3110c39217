#include "tools/fido-check/case_file.h"

#include <fstream>

#include "services/common/status/status_matchers.h"

namespace u2fi::fido_check {
namespace {

class CaseFileTest : public testing::Test {
 protected:
  absl::StatusOr<nlohmann::json> Read(const std::string& text) {
    const std::string path = testing::TempDir() + "/cases.json";
    std::ofstream(path) << text;
    return ReadCases(path);
  }
};

TEST_F(CaseFileTest, HoldsCases) {
  EXPECT_EQ(Read(R"({"cases":[{"name":"a"}]})")->at(0).at("name"), "a");
}

TEST_F(CaseFileTest, WhatIsNoFileOfCasesIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"cases":{}})", "{\"cases\":[]"}) {
    EXPECT_THAT(Read(text), HasReason(reason::kInvalidField)) << text;
  }
}

TEST_F(CaseFileTest, AFolderAndNothingAreRefused) {
  EXPECT_THAT(ReadCases(testing::TempDir()),
              HasReason(reason::kFileUnavailable));
  EXPECT_THAT(ReadCases("/no-such-file"), HasReason(reason::kFileNotFound));
}

TEST_F(CaseFileTest, AFileWithoutEndIsRefused) {
  EXPECT_THAT(ReadCases("/dev/zero"), HasReason(reason::kFileUnavailable));
}

TEST_F(CaseFileTest, DeepNestingIsRefusedHoweverDeepItIs) {
  constexpr size_t kDepth = 300'000;
  EXPECT_THAT(Read("{\"cases\":" + std::string(kDepth, '[') +
                   std::string(kDepth, ']') + "}"),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::fido_check
