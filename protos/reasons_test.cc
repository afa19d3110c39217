// Compares the table of reasons in protos/README.md with
// services/common/status/reasons.h, both ways and with the codes.
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi {
namespace {

using CodesByReason = std::map<std::string, std::string>;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// `InvalidArgument` as `INVALID_ARGUMENT`.
std::string UpperSnake(const std::string& camel) {
  std::string snake;
  for (const char c : camel) {
    if (isupper(c) && !snake.empty()) snake += '_';
    snake += static_cast<char>(toupper(c));
  }
  return snake;
}

// `INVALID_FIELD` as `kInvalidField`.
std::string ConstantName(const std::string& reason) {
  std::string name = "k";
  bool start = true;
  for (const char c : reason) {
    if (c != '_') name += static_cast<char>(start ? c : tolower(c));
    start = c == '_';
  }
  return name;
}

struct Row {
  std::string constant;
  std::string reason;
  std::string code;
};

std::vector<Row> HeaderRows() {
  static const std::regex kReason(
      R"rx(Reason\s+(k\w+)\{\s*"([A-Z0-9_]+)",\s*absl::StatusCode::k(\w+)\};)rx");
  const std::string text = Read("services/common/status/reasons.h");
  std::vector<Row> rows;
  for (std::sregex_iterator it(text.begin(), text.end(), kReason), end;
       it != end; ++it) {
    rows.push_back({(*it)[1], (*it)[2], UpperSnake((*it)[3])});
  }
  return rows;
}

std::vector<Row> ReadmeRows() {
  static const std::regex kRow(
      R"rx(\| `([A-Z0-9_]+)` \| ([A-Z_]+) \| [^|]+ \| [^|]+ \|)rx");
  const std::string text = Read("protos/README.md");
  std::vector<Row> rows;
  for (std::sregex_iterator it(text.begin(), text.end(), kRow), end; it != end;
       ++it) {
    rows.push_back({"", (*it)[1], (*it)[2]});
  }
  return rows;
}

CodesByReason ByReason(const std::vector<Row>& rows) {
  CodesByReason codes;
  for (const Row& row : rows) codes[row.reason] = row.code;
  return codes;
}

TEST(ReasonsTest, ReadmeAndHeaderHaveTheSameReasonsWithTheSameCodes) {
  const CodesByReason header = ByReason(HeaderRows());
  ASSERT_THAT(header, testing::Contains(testing::Pair("INTERNAL", "INTERNAL")));
  EXPECT_THAT(ByReason(ReadmeRows()), testing::ContainerEq(header));
}

TEST(ReasonsTest, NoReasonStandsTwiceInTheReadme) {
  const std::vector<Row> rows = ReadmeRows();
  EXPECT_EQ(ByReason(rows).size(), rows.size());
}

TEST(ReasonsTest, NoReasonStandsTwiceInTheHeader) {
  const std::vector<Row> rows = HeaderRows();
  EXPECT_EQ(ByReason(rows).size(), rows.size());
}

TEST(ReasonsTest, EveryConstantIsNamedAfterItsReason) {
  for (const Row& row : HeaderRows()) {
    EXPECT_EQ(row.constant, ConstantName(row.reason));
  }
}

TEST(ReasonsTest, NoReasonIsLongerThanErrorInfoAllows) {
  for (const Row& row : ReadmeRows()) EXPECT_LE(row.reason.size(), 63u);
}

}  // namespace
}  // namespace u2fi
