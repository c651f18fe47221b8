import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Runs one node over the home folder named first, with the settings (`name=value`) named after it,
 * for as long as standard input is open: when everybody who holds its other end is gone, so is the
 * node, however they went.
 */
public final class NodeLauncher {
    private NodeLauncher() {}

    public static void main(String[] words) throws Exception {
        Path home = Path.of(words[0]);
        Settings.Builder chosen = Settings.builder().put("path.home", home);
        for (int at = 1; at < words.length; at++) {
            String[] pair = words[at].split("=", 2);
            chosen.put(pair[0], pair[1]);
        }
        Thread watch = new Thread(NodeLauncher::endWithInput, "end-with-input");
        watch.setDaemon(true);
        watch.start();
        LogConfigurator.setNodeName("rig");
        LogConfigurator.registerErrorListener();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            chosen.build(), Map.of(), home.resolve("config"), () -> "rig");
        LogConfigurator.configure(environment, true);
        PluginsLoader modules = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir()), Set.of(), Map.of(), false);
        new Node(environment, modules).start();
        Thread.currentThread().join();
    }

    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                continue;
            }
        } catch (IOException gone) {
            // as good as closed
        }
        Runtime.getRuntime().halt(0);
    }
}
