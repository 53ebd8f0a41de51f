using System.Net;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Tests.Pictures;

public sealed class AddressRulesTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.1.1")]
    [InlineData("168.63.129.16")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.7")]
    [InlineData("198.18.0.1")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:a9fe:a9fe")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:808:808::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("ff02::1")]
    [InlineData("100::1")]
    public void Addresses_that_are_not_public_are_refused(string address) => Assert.False(new AddressRules([]).Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2606:4700::1111")]
    [InlineData("2001:4860:4860::8888")]
    public void Public_addresses_are_allowed(string address) => Assert.True(new AddressRules([]).Allows(IPAddress.Parse(address)));

    [Fact]
    public void The_configuration_adds_networks_but_never_metadata()
    {
        var rules = new AddressRules([IPNetwork.Parse("10.20.0.0/16"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fd00::/8")]);
        Assert.True(rules.Allows(IPAddress.Parse("10.20.3.4")));
        Assert.True(rules.Allows(IPAddress.Parse("::ffff:10.20.3.4")));
        Assert.True(rules.Allows(IPAddress.Parse("fd12::1")));
        Assert.True(rules.Allows(IPAddress.Parse("169.254.7.7")));
        Assert.False(rules.Allows(IPAddress.Parse("10.21.0.1")));
        Assert.False(rules.Allows(IPAddress.Parse("169.254.169.254")));
        Assert.False(rules.Allows(IPAddress.Parse("::ffff:169.254.169.254")));
        Assert.False(rules.Allows(IPAddress.Parse("fd00:ec2::254")));
    }
}
