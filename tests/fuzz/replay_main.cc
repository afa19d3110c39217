// Runs a fuzz target over the files named on the command line, one test case a
// file: what libFuzzer's own main() does is left to --config=fuzz.
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

class ReplayTest : public testing::Test {
 public:
  explicit ReplayTest(std::string path) : path_(std::move(path)) {}

  void TestBody() override {
    std::ifstream file(path_, std::ios::binary);
    ASSERT_TRUE(file.is_open()) << path_;
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    // A copy of the exact size, so that asan sees one byte too far.
    const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
    EXPECT_EQ(0, LLVMFuzzerTestOneInput(exact.data(), exact.size()));
  }

 private:
  const std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    const std::string name = path.substr(path.find_last_of('/') + 1);
    testing::RegisterTest("Corpus", name.c_str(), nullptr, nullptr, __FILE__,
                          __LINE__, [path] { return new ReplayTest(path); });
  }
  return RUN_ALL_TESTS();  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)
}
