#include "tools/soft-token/line_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::soft_token {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LineReaderTest, GivesWholeLines) {
  LineReader reader;
  EXPECT_THAT(reader.Add("one\ntwo\n"), ElementsAre("one", "two"));
}

TEST(LineReaderTest, KeepsWhatHasNoEndYet) {
  LineReader reader;
  EXPECT_THAT(reader.Add("to"), IsEmpty());
  EXPECT_THAT(reader.Add("uch\n"), ElementsAre("touch"));
}

TEST(LineReaderTest, TakesTheCarriageReturnOff) {
  LineReader reader;
  EXPECT_THAT(reader.Add("touch\r\n"), ElementsAre("touch"));
}

TEST(LineReaderTest, GivesEmptyLines) {
  LineReader reader;
  EXPECT_THAT(reader.Add("\n\n"), ElementsAre("", ""));
}

TEST(LineReaderTest, CutsALongLineOffOnce) {
  LineReader reader;
  const std::string start(LineReader::kMaxLine, 'x');
  EXPECT_THAT(reader.Add(start + std::string(1000, 'y') + "\nnext\n"),
              ElementsAre(start, "next"));
}

TEST(LineReaderTest, ALineOneByteShorterIsWhole) {
  LineReader reader;
  const std::string line(LineReader::kMaxLine - 1, 'x');
  EXPECT_THAT(reader.Add(line + "\n"), ElementsAre(line));
}

}  // namespace
}  // namespace u2fi::soft_token
