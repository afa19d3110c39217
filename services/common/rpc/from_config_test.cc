#include "services/common/rpc/from_config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::rpc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FromConfigTest, AbsentBoundsTakeTheStatedDefaults) {
  const ServerOptions options = ServerOptionsFrom({});
  EXPECT_EQ(options.streams_per_caller, 16);
  EXPECT_EQ(options.memory_mib, 512);
  EXPECT_EQ(options.accepts_per_second, 200);
  EXPECT_FALSE(options.reflection);
  EXPECT_THAT(options.reflection_callers, IsEmpty());
  EXPECT_EQ(ShutdownGraceFrom({}), absl::Seconds(30));
  EXPECT_EQ(DeadlineFrom({}), absl::Seconds(2));
  EXPECT_EQ(TlsFilesFrom({}).reload_interval, absl::Seconds(10));
}

TEST(FromConfigTest, PresentBoundsAreTaken) {
  config::v1::ListenConfig config;
  config.set_streams_per_caller(1);
  config.set_memory_mib(2);
  config.set_accepts_per_second(3);
  config.set_reflection(true);
  config.add_reflection_callers("spiffe://d/operator/t1/ann");
  config.mutable_shutdown_grace()->set_seconds(4);
  const ServerOptions options = ServerOptionsFrom(config);
  EXPECT_EQ(options.streams_per_caller, 1);
  EXPECT_EQ(options.memory_mib, 2);
  EXPECT_EQ(options.accepts_per_second, 3);
  EXPECT_TRUE(options.reflection);
  EXPECT_THAT(options.reflection_callers,
              ElementsAre("spiffe://d/operator/t1/ann"));
  EXPECT_EQ(ShutdownGraceFrom(config), absl::Seconds(4));
}

TEST(FromConfigTest, TakesTheFilesOfTls) {
  config::v1::TlsConfig config;
  config.set_certificate_file("c");
  config.set_key_file("k");
  config.set_ca_file("r");
  config.set_trust_domain("d");
  config.mutable_reload_interval()->set_seconds(5);
  const TlsFiles files = TlsFilesFrom(config);
  EXPECT_EQ(files.certificate, "c");
  EXPECT_EQ(files.key, "k");
  EXPECT_EQ(files.roots, "r");
  EXPECT_EQ(files.trust_domain, "d");
  EXPECT_EQ(files.reload_interval, absl::Seconds(5));
}

}  // namespace
}  // namespace u2fi::rpc
