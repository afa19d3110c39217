#include "tools/u2fi/completion.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    app_.add_option("--gate", text_);
    CLI::App* audit = app_.add_subcommand("audit", "");
    audit->add_subcommand("export", "")->add_option("--out", text_);
    CLI::App* run = app_.add_subcommand("run", "");
    run->alias("submit");
    run->add_option("--gateway", text_);
  }

  // What the real bash offers when `words` are typed and Tab is pressed.
  std::string Offered(const std::string& words, int position) {
    const std::string file = testing::TempDir() + "/completion.sh";
    std::ofstream(file) << CompletionScript(app_, Shell::kBash);
    const std::string command = absl::StrCat(
        "bash -c 'source ", file, "; COMP_WORDS=(", words,
        "); COMP_CWORD=", position, "; _u2fi; echo \"${COMPREPLY[*]}\"'");
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
        popen(command.c_str(), "r"), pclose);
    std::array<char, 1024> said{};
    if (pipe == nullptr ||
        fgets(said.data(), said.size(), pipe.get()) == nullptr) {
      return "nothing";
    }
    return std::string(said.data());
  }

  std::string text_;
  CLI::App app_{"", "u2fi"};
};

TEST_F(CompletionTest, OffersSubcommandsFirst) {
  EXPECT_EQ(Offered("u2fi r", 1), "run\n");
  EXPECT_EQ(Offered("u2fi a", 1), "audit\n");
}

TEST_F(CompletionTest, OffersTheFlagsOfTheSubcommandAndThoseOfAll) {
  EXPECT_EQ(Offered("u2fi run cam-1 --gat", 3), "--gateway --gate\n");
}

TEST_F(CompletionTest, KnowsSubcommandsOfSubcommands) {
  EXPECT_EQ(Offered("u2fi audit e", 2), "export\n");
  EXPECT_EQ(Offered("u2fi --gate g audit export --o", 5), "--out\n");
}

TEST_F(CompletionTest, KnowsTheOtherNamesOfSubcommands) {
  EXPECT_EQ(Offered("u2fi su", 1), "submit\n");
  EXPECT_EQ(Offered("u2fi submit cam-1 --gatew", 3), "--gateway\n");
}

TEST_F(CompletionTest, TakesNoArgumentAndNoValueForASubcommand) {
  EXPECT_EQ(Offered("u2fi run audit --gatew", 3), "--gateway\n");
  EXPECT_EQ(Offered("u2fi --gate audit run --gatew", 4), "--gateway\n");
}

TEST_F(CompletionTest, OffersNothingThatIsNotThere) {
  EXPECT_EQ(Offered("u2fi run --out", 2), "\n");
}

TEST_F(CompletionTest, ZshLoadsItsBashCompletionFirst) {
  EXPECT_THAT(CompletionScript(app_, Shell::kZsh),
              StartsWith("autoload -U +X bashcompinit"));
  EXPECT_THAT(CompletionScript(app_, Shell::kZsh), HasSubstr("complete -o"));
}

}  // namespace
}  // namespace u2fi::cli
